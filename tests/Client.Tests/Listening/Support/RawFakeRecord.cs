using Zurau;

namespace Client.Tests.Listening.Support;

/// <summary>A record of the fake cluster.</summary>
internal sealed record RawFakeRecord(byte[]? Key, byte[]? Value, Headers Headers, long TimestampMs);
