namespace Zurau.Engine;

/// <summary>Set once closing has begun: from then on no request can succeed. Thread-safe.</summary>
internal sealed class ClosedFlag
{
    internal const string Message = "The engine is closed; open a new one.";
    private int _isSet;

    internal bool IsSet => Volatile.Read(ref _isSet) != 0;

    /// <summary>Sets the flag; false if it was set before.</summary>
    internal bool TrySet() => Interlocked.Exchange(ref _isSet, 1) == 0;
}
