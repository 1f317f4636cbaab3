namespace Zurau.Engine.Common;

/// <summary>A member's assignment.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why there is none.</param>
/// <param name="ProtocolType">What the members use the group for; null on error.</param>
/// <param name="ProtocolName">The protocol of the generation; null on error.</param>
/// <param name="Assignment">What the leader assigned; empty on error.</param>
public sealed record SyncGroupResult(ErrorCode Error, string? ProtocolType, string? ProtocolName, ReadOnlyMemory<byte> Assignment)
{
    /// <summary>Creates the result of a refused request.</summary>
    internal static SyncGroupResult Refused(ErrorCode error) => new(error, null, null, default);
}
