using Zurau.Simulation;
using Zurau.Testing.Simulation;

namespace Simulation.Tests;

/// <summary>
/// The planted faults: each patch still applies to the current engine and names what it
/// breaks and what catches it.
/// </summary>
public sealed class MutantPatchTests
{
    private const string Source = "first\nsecond\nthird\nfourth\nfifth\n";
    private static readonly string s_root = RepositoryRoot.Find();
    private static readonly string s_folder = Path.Combine(s_root, MutantPatch.Folder);
    private static readonly CrashScenario[] s_scenarios = [new LogScenario(), new TransactionScenario(), new CompactionScenario(), new TopicsScenario()];

    private static readonly string[] s_patch =
    [
        "--- a/engine/A.cs", "+++ b/engine/A.cs", "@@ -2,3 +2,3 @@", " second", "-third", "+3rd", " fourth", "",
    ];

    public static TheoryData<string> Names => [.. Directory.GetFiles(s_folder, "*.patch").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_fault_still_applies(string name)
    {
        Dictionary<string, string> changed = Read(name).Apply(s_root);
        Assert.All(changed, static file =>
        {
            Assert.StartsWith("engine/", file.Key, StringComparison.Ordinal);
            Assert.NotEqual(File.ReadAllText(Path.Combine(s_root, file.Key)), file.Value);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_test_or_scenario_that_catches_a_planted_fault_exists(string name)
    {
        MutantPatch mutant = Read(name);
        Assert.EndsWith(".", mutant.Breaks, StringComparison.Ordinal);
        if (!mutant.Catcher.IsTest)
        {
            Assert.Contains(mutant.Catcher.Name, s_scenarios.Select(static scenario => scenario.Name));
            Assert.InRange(mutant.FirstSeed!.Value, 1, 5000);
            return;
        }

        string[] parts = mutant.Catcher.Name.Split('.');
        string source = File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(s_root, "tests", "Engine.Tests"), parts[0] + ".cs", SearchOption.AllDirectories)));
        Assert.Contains($" {parts[1]}(", source, StringComparison.Ordinal);
    }

    [Fact]
    public void No_patch_of_the_repository_is_outside_of_the_folder_that_the_mutation_run_reads() =>
        Assert.Equal(Names.Select(static name => name.Data), Directory.GetFiles(s_root, "*.patch", SearchOption.AllDirectories).Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal));

    [Fact]
    public void The_recorded_run_has_caught_every_planted_fault()
    {
        string record = File.ReadAllText(Path.Combine(s_root, "tests", "MUTANTS.md"));
        Assert.All(Names, name => Assert.Contains($"| `{name.Data}` |", record, StringComparison.Ordinal));
        Assert.DoesNotContain("SURVIVED", record, StringComparison.Ordinal);
    }

    [Fact]
    public void COVERAGE_lists_which_invariant_each_planted_fault_breaks()
    {
        string coverage = File.ReadAllText(Path.Combine(s_root, "tests", "COVERAGE.md"));
        Assert.All(Names, name => Assert.Contains($"| `{name.Data}` |", coverage, StringComparison.Ordinal));
    }

    [Fact]
    public void A_patch_follows_its_lines_to_where_they_have_moved()
    {
        using var folder = Folder("added\nadded\n" + Source);
        Assert.Equal("added\nadded\nfirst\nsecond\n3rd\nfourth\nfifth\n", SourcePatch.Parse(s_patch).Apply(folder.Path)["engine/A.cs"]);
    }

    [Theory]
    [InlineData("third", "3.")]
    [InlineData("fourth", "4.")]
    [InlineData("second\n", "second\n\n")]
    public void A_patch_is_refused_where_a_line_or_a_neighbour_has_changed(string old, string changed)
    {
        using var folder = Folder(Source.Replace(old, changed, StringComparison.Ordinal));
        MutantException exception = Assert.Throws<MutantException>(() => SourcePatch.Parse(s_patch).Apply(folder.Path));
        Assert.Contains("engine/A.cs", exception.Message, StringComparison.Ordinal);
    }

    private static MutantPatch Read(string name) => MutantPatch.Read(Path.Combine(s_folder, name + ".patch"));

    private static TestDirectory Folder(string text)
    {
        var folder = new TestDirectory();
        Directory.CreateDirectory(Path.Combine(folder.Path, "engine"));
        File.WriteAllText(Path.Combine(folder.Path, "engine", "A.cs"), text);
        return folder;
    }
}
