using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Zurau.Listening;

/// <summary>
/// Reads header bytes as the types that handlers take. Text is UTF-8; numbers are Spring's big-endian bytes of their size, and int and long
/// also digits, as Spring's default header mapper and most .NET producers write them. Four or eight bytes that are all digits are read as
/// digits: a big-endian number looks like that only by rare chance.
/// </summary>
internal static class HeaderDecoder
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a handler may take headers as this type.</summary>
    public static bool Supports(Type type)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) || plain == typeof(byte[]) || plain == typeof(int) || plain == typeof(long)
            || plain == typeof(short) || plain == typeof(Guid) || plain == typeof(DateTimeOffset);
    }

    /// <summary>Reads the bytes as a type; null where they are no such value.</summary>
    public static object? Decode(byte[] bytes, Type type) =>
        type == typeof(byte[]) ? bytes.Clone()
        : type == typeof(string) ? Text(bytes)
        : type == typeof(int) ? Digits(bytes, int.MinValue, int.MaxValue) is { } i ? (int)i : bytes.Length == 4 ? BinaryPrimitives.ReadInt32BigEndian(bytes) : null
        : type == typeof(long) ? Number(bytes)
        : type == typeof(short) ? bytes.Length == 2 ? BinaryPrimitives.ReadInt16BigEndian(bytes) : Digits(bytes, short.MinValue, short.MaxValue) is { } s ? (short)s : null
        : type == typeof(Guid) ? AsGuid(bytes)
        : type == typeof(DateTimeOffset) && Number(bytes) is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
        : null;

    private static long? Number(byte[] bytes) =>
        Digits(bytes, long.MinValue, long.MaxValue)
        ?? (bytes.Length == 8 ? BinaryPrimitives.ReadInt64BigEndian(bytes) : bytes.Length == 4 ? BinaryPrimitives.ReadInt32BigEndian(bytes) : null);

    private static long? Digits(byte[] bytes, long minimum, long maximum) =>
        bytes.Length is > 0 and <= 20
        && bytes.AsSpan(bytes[0] == '-' ? 1 : 0).IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
        && long.TryParse(bytes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
        && value >= minimum
        && value <= maximum
            ? value
            : null;

    /// <summary>Sixteen bytes are Java's order (big-endian), as of <c>kafka_correlationId</c>; else it is text.</summary>
    private static Guid? AsGuid(byte[] bytes) =>
        bytes.Length == 16 ? new Guid(bytes, bigEndian: true) : Guid.TryParse(Text(bytes), out Guid value) ? value : null;

    private static string? Text(byte[] bytes)
    {
        try
        {
            return s_utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
