namespace Zurau.Engine.Log;

/// <summary>
/// The settings of a log, replaced as a whole when those of its topic change. An operation
/// reads them once. Thread-safe.
/// </summary>
internal sealed class CurrentSettings(LogSettings initial)
{
    private LogSettings _value = initial;

    internal LogSettings Value
    {
        get => Volatile.Read(ref _value);
        set => Volatile.Write(ref _value, value);
    }
}
