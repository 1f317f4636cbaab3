namespace Zurau.Consuming;

/// <summary>Reads the log's timestamps.</summary>
internal static class RecordTime
{
    /// <summary>Kafka stores any 64-bit number; what .NET cannot say becomes its first or last moment.</summary>
    internal static DateTimeOffset From(long timestampMs) => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Clamp(timestampMs, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
