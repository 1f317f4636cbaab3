namespace Zurau.Testing.Simulation;

/// <summary>
/// Chooses the next actor of a world. The policy is drawn from the seed, because some
/// bugs require many switches and others few.
/// </summary>
internal sealed class Schedule
{
    private const double PriorityChangeRate = 0.03;
    private static readonly double[] s_switchRates = [0.02, 0.1, 0.3, 1];
    private readonly SimRandom _random;
    private readonly double _switchRate;
    private readonly bool _goesByPriority;

    internal Schedule(SimRandom random)
    {
        _random = random;
        _switchRate = s_switchRates[random.Next(s_switchRates.Length)];
        _goesByPriority = random.NextBool(0.25);
    }

    internal double NextPriority() => _random.NextDouble();

    /// <summary>Returns true if the running actor yields at this step.</summary>
    internal bool Switches(Actor actor)
    {
        if (!_goesByPriority)
        {
            return _random.NextBool(_switchRate);
        }

        if (!_random.NextBool(PriorityChangeRate))
        {
            return false;
        }

        actor.Priority = NextPriority();
        return true;
    }

    /// <summary>
    /// Lowers the priority of a spinning actor, so that the other actors run first.
    /// </summary>
    internal void LowerPriority(Actor actor) => actor.Priority *= 0.5;

    internal Actor Choose(List<Actor> ready)
    {
        if (!_goesByPriority)
        {
            return ready[_random.Next(ready.Count)];
        }

        Actor first = ready[0];
        foreach (Actor actor in ready)
        {
            first = actor.Priority > first.Priority ? actor : first;
        }

        return first;
    }
}
