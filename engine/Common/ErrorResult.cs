namespace Zurau.Engine.Common;

/// <summary>An error code with a message that names the problem and its remedy.</summary>
public readonly record struct ErrorResult(ErrorCode Error, string? Message = null)
{
    /// <summary>Success.</summary>
    public static ErrorResult None => default;

    /// <summary>True on success.</summary>
    public bool IsSuccess => Error == ErrorCode.None;
}
