using System.Text.Json;
using System.Text.Json.Serialization;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Defines a kind of run: draws, executes and simplifies its plans. Stateless.
/// </summary>
/// <typeparam name="TPlan">The type of plans, which contain all decisions before a run.
/// Immutable and serializable as JSON.</typeparam>
internal abstract class Scenario<TPlan>
    where TPlan : class
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter() },
    };

    internal abstract string Name { get; }

    /// <summary>The probes that the default runs must hit.</summary>
    internal abstract IReadOnlyList<string> RequiredProbes { get; }

    /// <summary>
    /// The faults that it must detect and that need no change of the engine.
    /// </summary>
    internal virtual IReadOnlyList<Mutant> Mutants => [];

    internal abstract TPlan Draw(ulong seed);

    internal abstract RunReport Run(TPlan plan, RunContext context);

    /// <summary>
    /// Draws a plan without crashes for a sweep that crashes at each of its steps.
    /// </summary>
    internal abstract TPlan DrawForSweep(ulong seed);

    /// <summary>
    /// Draws a plan that detects a mutant if it crashes at the right step.
    /// </summary>
    internal virtual TPlan PlanFor(Mutant mutant, ulong seed) => Draw(seed);

    /// <summary>
    /// Returns the plan with a crash at a step of a process run; adds process runs if the
    /// plan has fewer.
    /// </summary>
    internal abstract TPlan WithCrash(TPlan plan, int run, CrashKind kind, long step);

    /// <summary>
    /// Returns simpler plans, the largest simplifications first: fewer process runs, no
    /// faults, fewer operations, smaller values.
    /// </summary>
    internal abstract IEnumerable<TPlan> Simpler(TPlan plan);

    internal string Write(TPlan plan) => JsonSerializer.Serialize(plan, s_json);

    /// <exception cref="JsonException">The text is not a plan.</exception>
    internal TPlan Read(string json) => JsonSerializer.Deserialize<TPlan>(json, s_json) ?? throw new JsonException("The plan is empty.");
}
