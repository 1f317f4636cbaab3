using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Implements a scenario over all process runs of a plan and holds its expected state. All members but the last two run on an actor of the
/// current process run.
/// </summary>
internal interface IStory
{
    /// <summary>True after bytes were damaged intentionally: a clean shutdown is then not guaranteed.</summary>
    bool IsDamaged { get; }

    /// <summary>Adds the scenario's broker settings to those of the plan.</summary>
    BrokerSettings Configure(BrokerSettings settings);

    /// <summary>Creates the topics that do not exist.</summary>
    ErrorResult CreateTopics(Broker broker);

    /// <summary>Checks what the previous process run left, then executes the plan.</summary>
    void Play(Life life, LifePlan plan);

    /// <summary>Waits until the broker has finished the work that it does by itself after a startup.</summary>
    void Settle(World world, Broker broker);

    /// <summary>Called after a process run has ended; with <see cref="CrashKind.None"/> after a clean shutdown.</summary>
    void EndLife(CrashKind crash);
}
