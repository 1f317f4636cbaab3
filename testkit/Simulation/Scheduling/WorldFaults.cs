namespace Zurau.Testing.Simulation;

/// <summary>
/// Makes duties throw, and counts the disk calls that a fault made fail. Only the holder
/// of the token may use it.
/// </summary>
internal sealed class WorldFaults(SimRandom random, Probes probes)
{
    /// <summary>The probability that a duty throws at a step where it may.</summary>
    internal double DutyThrowRate { get; set; }

    /// <summary>
    /// The operation of a process that opens its broker: a startup after a clean
    /// shutdown, or a recovery. Null for neither.
    /// </summary>
    internal string? Opening { get; set; }

    /// <summary>
    /// Returns the exception that an actor must throw at a step; null for none, and for
    /// an actor that does not run a duty.
    /// </summary>
    internal InjectedException? ThrowInto(Actor actor, int point)
    {
        if (DutyThrowRate == 0 || !actor.IsDuty || !random.NextBool(DutyThrowRate))
        {
            return null;
        }

        probes.Hit("a duty throws");
        return new InjectedException(StepPoint.Name(point));
    }

    /// <summary>Counts a failed disk call.</summary>
    internal void NoteFailure(int errno)
    {
        probes.Hit($"a call fails with {Errno.Name(errno)}");
        if (Opening is { } opening)
        {
            probes.Hit($"a call fails during {opening}");
        }
    }
}
