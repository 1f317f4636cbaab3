using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// The result of an append to a log: where the batch is, or why it was refused. The batch is
/// visible to readers once the published end reaches its end offset, which is immediately
/// unless an earlier appender is still copying.
/// </summary>
/// <param name="BaseOffset">Offset of the first record; -1 if it was refused.</param>
/// <param name="EndOffset">The exclusive end offset: that of the last record plus one; -1 if it
/// was refused.</param>
/// <param name="AppendTimeMs">The log append time for topics with LogAppendTime, else
/// -1.</param>
/// <param name="Refusal">Why nothing was appended; null if the batch is in the log.</param>
internal readonly record struct Appended(long BaseOffset, long EndOffset, long AppendTimeMs, AppendRefusal? Refusal = null)
{
    /// <summary><see cref="ErrorCode.None"/>, or why nothing was appended.</summary>
    internal ErrorCode Error => Refusal is null ? ErrorCode.None : Refusal.Error;

    /// <summary>What is wrong and what to do; null if the batch is in the log.</summary>
    internal string? Message => Refusal?.Message;

    /// <summary>Creates the result of a refused append.</summary>
    internal static Appended Refused(AppendRefusal refusal) => new(-1, -1, -1, refusal);

    /// <summary>Creates the result that the client receives.</summary>
    internal AppendResult ToResult() => Refusal is null ? new AppendResult(ErrorCode.None, BaseOffset, AppendTimeMs) : Refusal.ToResult();
}
