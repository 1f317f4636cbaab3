namespace Zurau.Testing.Simulation;

/// <summary>Who asked for the identity of a transactional id, and what was given.</summary>
internal sealed class TransactionalIdModel
{
    private readonly HashSet<(long, short)> _given = [];

    /// <summary>How often somebody asked.</summary>
    internal int Asked { get; private set; }

    /// <summary>How many wait for an answer.</summary>
    internal int Waiting { get; set; }

    /// <summary>The newest identity that was answered.</summary>
    internal (long ProducerId, short Epoch) Newest { get; private set; } = (-1, -1);

    /// <summary>Somebody asks; -1 where others do so at the same time, so that nobody can tell who will be the newest.</summary>
    internal int Ask()
    {
        Asked++;
        return Waiting++ == 0 ? Asked : -1;
    }

    /// <summary>An identity was answered: nobody has had it, and it is newer than all that were answered before it was asked for (T9).</summary>
    internal void Give(long producerId, short epoch, (long ProducerId, short Epoch) before)
    {
        if (!_given.Add((producerId, epoch)) || (producerId, epoch).CompareTo(before) <= 0)
        {
            throw new SimulationFailure($"producer {producerId} with epoch {epoch} was given away behind {before}");
        }

        Newest = Newest.CompareTo((producerId, epoch)) > 0 ? Newest : (producerId, epoch);
    }
}
