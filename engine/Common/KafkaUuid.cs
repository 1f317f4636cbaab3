using System.Buffers.Text;

namespace Zurau.Engine.Common;

/// <summary>
/// Reads and writes ids as Kafka does: 16 big-endian bytes in base64url without
/// padding, 22 characters.
/// </summary>
internal static class KafkaUuid
{
    internal static string Format(Guid id) => Base64Url.EncodeToString(id.ToByteArray(bigEndian: true));

    internal static bool TryParse(string text, out Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool isGood = text.Length == 22 && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out int written) && written == 16;
        id = isGood ? new Guid(bytes, bigEndian: true) : default;
        return isGood;
    }

    internal static Guid Create(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40); // Version 4.
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80); // RFC 4122 variant.
        return new Guid(bytes, bigEndian: true);
    }
}
