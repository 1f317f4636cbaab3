using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Zurau.Engine.Records;

namespace Zurau.Tool.Dumping;

/// <summary>Formats bytes, times and control records as text.</summary>
internal static class RecordText
{
    private const int MaxBytes = 256;
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);
    private static readonly string[] s_controls = ["ABORT", "COMMIT", "LEADER_CHANGE", "SNAPSHOT_HEADER", "SNAPSHOT_FOOTER", "KRAFT_VERSION", "KRAFT_VOTERS"];

    /// <summary>
    /// Formats printable text in quotes and other bytes as hex; truncates long values and
    /// adds their length.
    /// </summary>
    internal static string Bytes(ReadOnlySpan<byte> bytes, bool isNull)
    {
        if (isNull)
        {
            return "null";
        }

        string end = bytes.Length > MaxBytes ? $"… ({bytes.Length} bytes)" : "";
        try
        {
            string text = s_strict.GetString(bytes);
            if (!text.Any(static character => char.IsControl(character)))
            {
                return $"'{(text.Length > MaxBytes ? text[..MaxBytes] : text)}'{(text.Length > MaxBytes ? end : "")}";
            }
        }
        catch (DecoderFallbackException)
        {
            // Not text.
        }

        return $"0x{Convert.ToHexStringLower(bytes[..Math.Min(bytes.Length, MaxBytes)])}{end}";
    }

    /// <summary>
    /// Formats milliseconds since 1970 as UTC; returns the number if it is not a valid
    /// time.
    /// </summary>
    internal static string Time(long ms) => ms is >= 0 and < 253_402_300_800_000
        ? DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)
        : ms.ToString(CultureInfo.InvariantCulture);

    /// <summary>Formats the type and the content of a control record.</summary>
    internal static string Control(RecordReader record)
    {
        if (record.Key.Length < 4)
        {
            return $"control record with the key {Bytes(record.Key, record.IsKeyNull)}";
        }

        short type = BinaryPrimitives.ReadInt16BigEndian(record.Key[2..]);
        string name = type >= 0 && type < s_controls.Length ? s_controls[type] : $"control type {type}";
        return type <= 1 && record.Value.Length >= 6 ? $"{name}, coordinator epoch {BinaryPrimitives.ReadInt32BigEndian(record.Value[2..])}" : name;
    }
}
