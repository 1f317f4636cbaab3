using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// Why a batch is not appended. A class, so that the check of a valid batch returns null and
/// copies nothing.
/// </summary>
/// <param name="Error">Kafka's code.</param>
/// <param name="Message">What is wrong and what to do.</param>
internal sealed record AppendRefusal(ErrorCode Error, string Message)
{
    /// <summary>Creates the result that the client receives.</summary>
    internal AppendResult ToResult() => AppendResult.Failed(Error, Message);
}
