namespace Zurau.Engine.Common;

/// <summary>An error code, and what is wrong and what to do about it.</summary>
public readonly record struct ErrorResult(ErrorCode Error, string? Message = null)
{
    /// <summary>All went well.</summary>
    public static ErrorResult None => default;

    /// <summary>True when all went well.</summary>
    public bool IsSuccess => Error == ErrorCode.None;
}
