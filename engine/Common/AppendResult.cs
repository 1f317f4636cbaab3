namespace Zurau.Engine.Common;

/// <summary>The result of an append.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why nothing was appended.</param>
/// <param name="BaseOffset">Offset of the batch's first record; -1 on error and with
/// <see cref="Acks.None"/>.</param>
/// <param name="LogAppendTimeMs">The append time for topics with LogAppendTime, else
/// -1.</param>
/// <param name="Message">What is wrong and what to do, on error.</param>
public readonly record struct AppendResult(ErrorCode Error, long BaseOffset, long LogAppendTimeMs = -1, string? Message = null)
{
    /// <summary>Creates the result of a refused append.</summary>
    public static AppendResult Failed(ErrorCode error, string message) => new(error, -1, -1, message);
}
