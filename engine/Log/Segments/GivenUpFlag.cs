namespace Zurau.Engine.Log;

/// <summary>
/// Whether a segment was removed, or its log closed: set once, before its files are renamed, so that whoever has opened a file by its name and then
/// finds this false has the right file. Thread-safe.
/// </summary>
internal sealed class GivenUpFlag
{
    private volatile bool _isSet;

    internal bool IsSet => _isSet;

    internal void Set() => _isSet = true;
}
