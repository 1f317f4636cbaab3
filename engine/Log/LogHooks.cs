namespace Zurau.Engine.Log;

/// <summary>What a test may change in the append protocol to prove that it notices. Production has none.</summary>
internal class LogHooks
{
    /// <summary>Leaves out the full fence between publishing a batch and looking at the published end.</summary>
    internal virtual bool SkipsFullFence => false;

    /// <summary>Lets the push loop end at a sealed end instead of going on into the next segment.</summary>
    internal virtual bool StopsAtSealedEnd => false;

    /// <summary>Lets cleaning take markers of transactions for records with keys.</summary>
    internal virtual bool DeduplicatesMarkers => false;
}
