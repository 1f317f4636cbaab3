using System.Runtime.CompilerServices;
using Zurau.Engine.Records;

namespace Zurau.Transport;

/// <summary>A record whose key, value and headers lie in the transport's memory; valid during one call of a decoder.</summary>
public readonly ref struct RawRecord
{
    private readonly ReadOnlySpan<byte> _headerBytes;
    private readonly Headers? _headers;

    /// <summary>Creates a record with decoded headers.</summary>
    /// <param name="offset">Its offset.</param>
    /// <param name="timestampMs">Milliseconds since 1970; -1 for none.</param>
    /// <param name="timestampType">The source of the timestamp.</param>
    /// <param name="leaderEpoch">The leader epoch of its batch; -1 if unknown.</param>
    /// <param name="key">The key; empty if it is null.</param>
    /// <param name="isKeyNull">Whether the key is null.</param>
    /// <param name="value">The value; empty if it is null.</param>
    /// <param name="isValueNull">Whether the value is null.</param>
    /// <param name="headers">The headers; null for none.</param>
    public RawRecord(
        long offset,
        long timestampMs,
        TimestampType timestampType,
        int leaderEpoch,
        ReadOnlySpan<byte> key,
        bool isKeyNull,
        ReadOnlySpan<byte> value,
        bool isValueNull,
        Headers? headers)
    {
        Offset = offset;
        TimestampMs = timestampMs;
        TimestampType = timestampType;
        LeaderEpoch = leaderEpoch;
        Key = key;
        IsKeyNull = isKeyNull;
        Value = value;
        IsValueNull = isValueNull;
        HeaderCount = headers?.Count ?? 0;
        _headers = headers;
        _headerBytes = default;
    }

    /// <summary>Creates the record that a reader of a v2 batch is at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal RawRecord(scoped in RecordReader record, TimestampType timestampType, int leaderEpoch)
    {
        Offset = record.Offset;
        TimestampMs = record.Timestamp;
        TimestampType = timestampType;
        LeaderEpoch = leaderEpoch;
        Key = record.Key;
        IsKeyNull = record.IsKeyNull;
        Value = record.Value;
        IsValueNull = record.IsValueNull;
        HeaderCount = record.HeaderCount;
        _headers = null;
        _headerBytes = record.HeaderCount == 0 ? default : record.HeadersBytes;
    }

    /// <summary>Gets the record's offset.</summary>
    public long Offset { get; }

    /// <summary>Gets the timestamp in milliseconds since 1970; -1 for none.</summary>
    public long TimestampMs { get; }

    /// <summary>Gets the source of the timestamp.</summary>
    public TimestampType TimestampType { get; }

    /// <summary>Gets the leader epoch of the record's batch; -1 if unknown.</summary>
    public int LeaderEpoch { get; }

    /// <summary>Gets the key's bytes; empty for null.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Gets whether the key is null (an empty key is not null).</summary>
    public bool IsKeyNull { get; }

    /// <summary>Gets the value's bytes; empty for null.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Gets whether the value is null (a tombstone in a compacted topic).</summary>
    public bool IsValueNull { get; }

    /// <summary>Gets the number of headers.</summary>
    public int HeaderCount { get; }

    /// <summary>Decodes the headers, which then do not reference the transport's memory.</summary>
    public Headers ReadHeaders() => HeaderCount == 0
        ? Headers.Empty
        : _headers ?? new HeaderReader(_headerBytes, HeaderCount, Offset).ToHeaders();
}
