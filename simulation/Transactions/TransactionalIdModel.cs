namespace Zurau.Simulation;

/// <summary>The InitProducerId requests for a transactional id and their responses.</summary>
internal sealed class TransactionalIdModel
{
    private readonly HashSet<(long, short)> _given = [];

    /// <summary>The number of requests.</summary>
    internal int Asked { get; private set; }

    /// <summary>The number of requests that wait for a response.</summary>
    internal int Waiting { get; set; }

    /// <summary>The newest producer id and epoch that was returned.</summary>
    internal (long ProducerId, short Epoch) Newest { get; private set; } = (-1, -1);

    /// <summary>Counts a request and returns its number; -1 if others wait at the same time, because the newest is then unknown.</summary>
    internal int Ask()
    {
        Asked++;
        return Waiting++ == 0 ? Asked : -1;
    }

    /// <summary>
    /// Records a response: its producer id and epoch must be new, and above all those that were returned before the request (T9).
    /// </summary>
    internal void Give(long producerId, short epoch, (long ProducerId, short Epoch) before)
    {
        if (!_given.Add((producerId, epoch)) || (producerId, epoch).CompareTo(before) <= 0)
        {
            throw new SimulationFailure($"producer {producerId} with epoch {epoch} was assigned, which is not newer than {before}");
        }

        Newest = Newest.CompareTo((producerId, epoch)) > 0 ? Newest : (producerId, epoch);
    }
}
