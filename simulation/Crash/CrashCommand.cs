using System.CommandLine;
using Spectre.Console;

namespace Zurau.Simulation;

/// <summary>
/// Implements <c>crash</c>: runs a scenario in the simulator many times, with crashes.
/// </summary>
internal static class CrashCommand
{
    private static readonly CrashScenario[] s_scenarios = [new LogScenario(), new TransactionScenario(), new CompactionScenario(), new TopicsScenario()];

    internal static Command Create()
    {
        var show = new Option<bool>("--show-plan") { Description = "Prints the plan of the seed without running it." };
        var scenario = new Option<string>("--scenario") { Description = $"The scenario to run: {string.Join(", ", s_scenarios.Select(static known => known.Name))}, all (alternating), or {KillRunScenario.Name} (real processes).", DefaultValueFactory = static _ => "log" };
        var seeds = new Option<int>("--seeds") { Description = "The number of seeds to run.", DefaultValueFactory = static _ => 1000 };
        var seed = new Option<ulong?>("--seed") { Description = "The first seed; without --seeds, the only seed." };
        var plan = new Option<string?>("--plan") { Description = "Runs one plan: a JSON file, or JSON text." };
        var sweep = new Option<bool>("--sweep") { Description = "Runs small plans with a crash at every step; --seeds is the number of plans." };
        var mutant = new Option<string?>("--mutant") { Description = "Plants a fault in the engine; 'all' checks that each fault is caught." };
        var lanes = new Option<int>("--lanes") { Description = "The number of worlds that run in parallel.", DefaultValueFactory = static _ => Environment.ProcessorCount };
        var kills = new Option<int>("--kills") { Description = "The number of processes that the scenario 'kill' kills, on the real disk.", DefaultValueFactory = static _ => 200 };
        var timeline = new Option<int>("--timeline") { Description = "The number of steps before a violation to print.", DefaultValueFactory = static _ => 60 };
        var first = new Option<bool>("--first") { Description = "Stops at the first violation and prints it on one line." };
        var minutes = new Option<double>("--minutes") { Description = "Runs new seeds for a number of minutes instead of --seeds." };
        var keep = new Option<string?>("--keep") { Description = "With --minutes: the folder for plans that fail." };
        var command = new Command("crash", "Crashes the engine in a seeded simulation and checks the surviving data.") { scenario, seeds, seed, plan, sweep, mutant, lanes, kills, timeline, minutes, keep, first };
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(scenario)!;
            if (name == KillRunScenario.Name)
            {
                return KillRunScenario.Run(parsed.GetValue(kills), (int?)parsed.GetValue(seed));
            }

            CrashScenario[] chosen = [.. s_scenarios.Where(known => name == "all" || known.Name == name)];
            if (chosen.Length > 0 && (name == "all" || parsed.GetResult(minutes) is not null and { Implicit: false }))
            {
                double given = parsed.GetValue(minutes);
                return new CrashHunt(chosen, parsed.GetValue(lanes), TimeSpan.FromMinutes(given > 0 ? given : 1), parsed.GetValue(keep)).Run(parsed.GetValue(seed) ?? FreshSeed.Next());
            }

            if (s_scenarios.FirstOrDefault(known => known.Name == name) is not { } simulated)
            {
                AnsiConsole.MarkupLineInterpolated($"[red]The scenario '{name}' does not exist. Use one of: {string.Join(", ", s_scenarios.Select(static known => known.Name))}, all, {KillRunScenario.Name}.[/]");
                return 2;
            }

            bool isOne = parsed.GetValue(seed) is not null && parsed.GetResult(seeds) is null or { Implicit: true };
            var request = new CrashRequest(
                parsed.GetValue(seed) ?? 1,
                isOne ? 1 : parsed.GetValue(seeds),
                parsed.GetValue(plan),
                parsed.GetValue(sweep),
                parsed.GetValue(mutant),
                parsed.GetValue(lanes),
                parsed.GetValue(timeline),
                parsed.GetValue(show),
                parsed.GetValue(first));
            return new CrashRunner<CrashPlan>(simulated, request).Run();
        });
        command.Add(show);
        return command;
    }
}
