namespace Zurau.Engine.Common;

/// <summary>The result of a request for a producer id.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why the request failed.</param>
/// <param name="ProducerId">The id; -1 on error.</param>
/// <param name="ProducerEpoch">Its epoch; -1 on error.</param>
/// <param name="Message">What is wrong and what to do, on error.</param>
public readonly record struct InitProducerIdResult(ErrorCode Error, long ProducerId, short ProducerEpoch, string? Message = null);
