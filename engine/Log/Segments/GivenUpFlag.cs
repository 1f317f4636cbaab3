namespace Zurau.Engine.Log;

/// <summary>
/// Whether a segment was removed, or its log closed: set once, before its files are renamed, so
/// that a thread that opens a file by its name and then reads false has the correct file.
/// Thread-safe.
/// </summary>
internal sealed class GivenUpFlag
{
    private volatile bool _isSet;

    internal bool IsSet => _isSet;

    internal void Set() => _isSet = true;
}
