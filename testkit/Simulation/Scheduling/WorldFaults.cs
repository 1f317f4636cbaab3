namespace Zurau.Testing.Simulation;

/// <summary>Makes duties throw, and notes which calls of the disk a fault made fail. Belongs to the baton's holder.</summary>
internal sealed class WorldFaults(SimRandom random, Probes probes)
{
    /// <summary>How often a duty throws where it may.</summary>
    internal double DutyThrowRate { get; set; }

    /// <summary>What a process does that opens its broker: a startup after a clean end, or a recovery. Null for none.</summary>
    internal string? Opening { get; set; }

    /// <summary>What an actor is to throw at a step; null for nothing, and for an actor that is no duty.</summary>
    internal InjectedException? ThrowInto(Actor actor, int point)
    {
        if (DutyThrowRate == 0 || !actor.IsDuty || !random.NextBool(DutyThrowRate))
        {
            return null;
        }

        probes.Hit("a duty throws");
        return new InjectedException(StepPoint.Name(point));
    }

    /// <summary>A call of the disk failed.</summary>
    internal void NoteFailure(int errno)
    {
        probes.Hit($"a call fails with {Errno.Name(errno)}");
        if (Opening is { } opening)
        {
            probes.Hit($"a call fails during {opening}");
        }
    }
}
