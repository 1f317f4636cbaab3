using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Implements a scenario over all process runs of a plan and holds its expected state.
/// All members but the last two run on an actor of the current process run.
/// </summary>
internal interface IScenarioRun
{
    /// <summary>
    /// True after bytes were damaged intentionally. A clean shutdown is then not
    /// guaranteed.
    /// </summary>
    bool IsDamaged { get; }

    /// <summary>Adds the scenario's broker settings to those of the plan.</summary>
    BrokerSettings Configure(BrokerSettings settings);

    /// <summary>Creates the topics that do not exist.</summary>
    ErrorResult CreateTopics(Broker broker);

    /// <summary>
    /// Checks what the previous process run left, then executes the plan.
    /// </summary>
    void Execute(ProcessRun run, ProcessRunPlan plan);

    /// <summary>
    /// Waits until the broker has finished its background work after a startup.
    /// </summary>
    void Settle(World world, Broker broker);

    /// <summary>
    /// Called after a process run has ended; with <see cref="CrashKind.None"/> after a
    /// clean shutdown.
    /// </summary>
    void EndProcessRun(CrashKind crash);
}
