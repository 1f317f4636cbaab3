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

    /// <summary>The attributes for a parameter of a type that is not the value, for a message.</summary>
    public static string MarksOf(Type type) => Supports(type) ? "[Header(\"name\")] or [Key]" : "[Key]";

    /// <summary>Reads the bytes as a type; null where they are no such value.</summary>
    public static object? Decode(byte[] bytes, Type type)
    {
        if (type == typeof(int))
        {
            return Int32(bytes);
        }

        if (type == typeof(short))
        {
            return Int16(bytes);
        }

        return type == typeof(byte[]) ? bytes.Clone()
            : type == typeof(string) ? Text(bytes)
            : type == typeof(long) ? Int64(bytes)
            : type == typeof(Guid) ? AsGuid(bytes)
            : type == typeof(DateTimeOffset) && Int64(bytes) is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : null;
    }

    private static long? Int64(byte[] bytes) =>
        Digits(bytes, long.MinValue, long.MaxValue)
        ?? (bytes.Length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(bytes) : BigEndianInt32(bytes));

    private static int? Int32(byte[] bytes) => (int?)Digits(bytes, int.MinValue, int.MaxValue) ?? BigEndianInt32(bytes);

    /// <summary>Two bytes that are digits are a likely number here, so the big-endian form goes first.</summary>
    private static short? Int16(byte[] bytes) =>
        bytes.Length == sizeof(short) ? BinaryPrimitives.ReadInt16BigEndian(bytes) : (short?)Digits(bytes, short.MinValue, short.MaxValue);

    private static int? BigEndianInt32(byte[] bytes) => bytes.Length == sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(bytes) : null;

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
