using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>Why a batch may not be appended. A class, so that the check of a good batch returns one null and copies nothing.</summary>
/// <param name="Error">Kafka's code.</param>
/// <param name="Message">What is wrong and what to do.</param>
internal sealed record AppendRefusal(ErrorCode Error, string Message)
{
    /// <summary>Makes the answer to the client.</summary>
    internal AppendResult ToResult() => AppendResult.Failed(Error, Message);
}
