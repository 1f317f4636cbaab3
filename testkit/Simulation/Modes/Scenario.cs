using System.Text.Json;
using System.Text.Json.Serialization;

namespace Zurau.Testing.Simulation;

/// <summary>
/// A kind of run that is crashed and judged: how its plans are drawn, run and made simpler. The modes know nothing else of it. Stateless.
/// </summary>
/// <typeparam name="TPlan">All that is decided before a run; immutable, and JSON gives it back.</typeparam>
internal abstract class Scenario<TPlan>
    where TPlan : class
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new JsonStringEnumConverter() },
    };

    internal abstract string Name { get; }

    /// <summary>What is to be reached in the default runs.</summary>
    internal abstract IReadOnlyList<string> RequiredProbes { get; }

    /// <summary>Faults that it must catch and that need no change of the engine.</summary>
    internal virtual IReadOnlyList<Mutant> Mutants => [];

    internal abstract TPlan Draw(ulong seed);

    internal abstract RunReport Run(TPlan plan, RunContext context);

    /// <summary>A plan without crashes whose steps are all crashed at by a sweep.</summary>
    internal abstract TPlan DrawForSweep(ulong seed);

    /// <summary>A plan that a mutant does not survive, if it is crashed at the right step.</summary>
    internal virtual TPlan PlanFor(Mutant mutant, ulong seed) => Draw(seed);

    /// <summary>The plan with a crash at a step of a life, which is added where the plan is shorter.</summary>
    internal abstract TPlan WithCrash(TPlan plan, int life, CrashKind kind, long step);

    /// <summary>Simpler plans, the boldest first: without lives, without faults, without operations, with smaller values.</summary>
    internal abstract IEnumerable<TPlan> Simpler(TPlan plan);

    internal string Write(TPlan plan) => JsonSerializer.Serialize(plan, s_json);

    /// <exception cref="JsonException">It is no plan.</exception>
    internal TPlan Read(string json) => JsonSerializer.Deserialize<TPlan>(json, s_json) ?? throw new JsonException("The plan is empty.");
}
