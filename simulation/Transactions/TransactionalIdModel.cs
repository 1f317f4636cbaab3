namespace Zurau.Simulation;

/// <summary>
/// The InitProducerId requests for a transactional id and their responses.
/// </summary>
internal sealed class TransactionalIdModel
{
    private readonly HashSet<(long, short)> _given = [];

    internal int Requests { get; private set; }

    /// <summary>The number of requests that wait for a response.</summary>
    internal int Waiting { get; set; }

    /// <summary>The newest producer id and epoch that was returned.</summary>
    internal (long ProducerId, short Epoch) Newest { get; private set; } = (-1, -1);

    /// <summary>
    /// Counts a request and returns its number; -1 if other requests are in progress,
    /// because the newest epoch is then unknown.
    /// </summary>
    internal int BeginRequest()
    {
        Requests++;
        return Waiting++ == 0 ? Requests : -1;
    }

    /// <summary>
    /// Checks a response: its producer id and epoch must be new, and above all those that
    /// were returned before the request (T9).
    /// </summary>
    internal void EndRequest(long producerId, short epoch, (long ProducerId, short Epoch) before)
    {
        if (!_given.Add((producerId, epoch)) || (producerId, epoch).CompareTo(before) <= 0)
        {
            throw new SimulationFailure($"producer {producerId} with epoch {epoch} was assigned, which is not newer than {before}");
        }

        Newest = Newest.CompareTo((producerId, epoch)) > 0 ? Newest : (producerId, epoch);
    }
}
