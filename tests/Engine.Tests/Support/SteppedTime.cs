namespace Engine.Tests.Support;

/// <summary>
/// A clock that stands still until it is advanced; the wall clock may be set without
/// the monotonic one.
/// </summary>
internal sealed class SteppedTime(long nowMs = SteppedTime.Start) : TimeProvider
{
    internal const long Start = 1_700_000_000_000;
    private long _nowMs = nowMs;
    private long _wallStepMs;

    public override long TimestampFrequency => 1000;

    /// <summary>Monotonic; also what the wall clock shows until it is set.</summary>
    internal long NowMs => Volatile.Read(ref _nowMs);

    internal long WallMs => NowMs + Volatile.Read(ref _wallStepMs);

    public override long GetTimestamp() => NowMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(WallMs);

    /// <summary>Sets the wall clock forward or back.</summary>
    internal void StepWall(long ms) => Interlocked.Add(ref _wallStepMs, ms);

    internal void Advance(long ms) => Interlocked.Add(ref _nowMs, ms);
}
