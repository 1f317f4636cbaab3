namespace Engine.Tests.Support;

/// <summary>A clock that stands still until it is advanced.</summary>
internal sealed class SteppedTime(long nowMs = SteppedTime.Start) : TimeProvider
{
    internal const long Start = 1_700_000_000_000;
    private long _nowMs = nowMs;

    public override long TimestampFrequency => 1000;

    internal long NowMs => Volatile.Read(ref _nowMs);

    public override long GetTimestamp() => NowMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);

    internal void Advance(long ms) => Interlocked.Add(ref _nowMs, ms);
}
