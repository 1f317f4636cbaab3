using Zurau.Engine.Common;

namespace Zurau.Embedded.Consuming;

/// <summary>Where to begin to read a partition, or why that is not known yet.</summary>
/// <param name="Offset">The offset; null if it is not known yet.</param>
/// <param name="Problem">Why; the lookup may succeed later.</param>
internal readonly record struct StartOffset(long? Offset, ErrorResult Problem)
{
    internal static StartOffset At(long offset) => new(offset, ErrorResult.None);

    internal static StartOffset NotYet(ErrorResult problem) => new(null, problem);
}
