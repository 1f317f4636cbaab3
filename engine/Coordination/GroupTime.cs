namespace Zurau.Engine.Coordination;

/// <summary>The current time of a decision.</summary>
/// <param name="NowMs">Milliseconds of the pump's monotonic clock; deadlines use it.</param>
/// <param name="WallMs">Milliseconds since 1970; records contain it.</param>
internal readonly record struct GroupTime(long NowMs, long WallMs)
{
    internal RecordedTime Recorded => new(WallMs, NowMs);
}
