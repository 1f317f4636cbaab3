namespace Zurau.Engine.Storage;

/// <summary>Specifies how a file is opened.</summary>
public enum FileOpening
{
    /// <summary>The file must exist.</summary>
    Existing,

    /// <summary>The file must not exist.</summary>
    New,

    /// <summary>The file is created, or truncated if it exists.</summary>
    Truncated,
}
