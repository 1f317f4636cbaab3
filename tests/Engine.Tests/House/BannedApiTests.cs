using System.Reflection;
using System.Xml.Linq;
using Zurau;
using Zurau.Engine;

namespace Engine.Tests.House;

/// <summary>
/// Holds the rule that time, files, threads and randomness are injected. The analyzer
/// reports violations during development; these tests read the built assemblies, so
/// that a suppressed warning does not go unseen.
/// </summary>
public sealed class BannedApiTests
{
    /// <summary>Types that may use what is banned for the others, and why.</summary>
    private static readonly Dictionary<string, string> s_exceptions = new()
    {
        ["Zurau.Engine.Storage.DirectoryLock"] = "reads the name of its lock file, which may be a link, with the base library",
        ["Zurau.Engine.Storage.FileStorage"] = "is the seam: it lists directories with the base library",
    };

    [Theory]
    [InlineData("engine/Zurau.Engine.csproj")]
    [InlineData("client/Zurau.csproj")]
    public void The_analyzer_runs_on(string project)
    {
        var document = XDocument.Load(Path.Combine(Repository.Root, project));

        Assert.Contains(document.Descendants("PackageReference"), item => (string?)item.Attribute("Include") == "Microsoft.CodeAnalysis.BannedApiAnalyzers");
        Assert.Contains(document.Descendants("AdditionalFiles"), item => (string?)item.Attribute("Include") == "../BannedSymbols.txt");
        Assert.DoesNotContain("RS0030", document.ToString());
        Assert.DoesNotContain("RS0030", File.ReadAllText(Path.Combine(Repository.Root, ".editorconfig")));
        Assert.DoesNotContain("RS0030", File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.props")));
    }

    [Fact]
    public void Engine_uses_nothing_that_is_banned() => Offenders.AssertNone(OffendersOf(typeof(Broker).Assembly));

    [Fact]
    public void Client_uses_nothing_that_is_banned() => Offenders.AssertNone(OffendersOf(typeof(IKafkaTemplate<,>).Assembly));

    [Fact]
    public void Suppressions_stand_only_in_files_whose_types_may()
    {
        IEnumerable<string> offenders = new[] { "engine", "client" }
            .SelectMany(folder => Repository.Files(folder, "*.cs"))
            .Where(file => File.ReadAllText(file).Contains("RS0030", StringComparison.Ordinal))
            .Where(file => !s_exceptions.Keys.Any(type => type.EndsWith("." + Path.GetFileNameWithoutExtension(file), StringComparison.Ordinal)))
            .Select(Repository.Relative);

        Offenders.AssertNone(offenders);
    }

    [Fact]
    public void Exceptions_are_still_needed()
    {
        string[] users = [.. Uses(typeof(Broker).Assembly).Concat(Uses(typeof(IKafkaTemplate<,>).Assembly)).Select(use => use.From)];

        Offenders.AssertNone(s_exceptions.Keys.Except(users));
    }

    [Fact]
    public void A_use_of_what_is_banned_is_found()
    {
        string[] found = [.. Uses(Assembly.GetExecutingAssembly()).Where(use => use.From == typeof(BannedSpecimen).FullName).Select(use => use.Banned)];

        Assert.Contains("P:System.DateTime.UtcNow", found);
        Assert.Contains("T:System.IO.File", found);
        Assert.Contains("M:System.Random.#ctor", found);
        Assert.Contains("M:System.Threading.Tasks.Task.Run``1(System.Func{``0})", found);
    }

    private static IEnumerable<string> OffendersOf(Assembly assembly) =>
        Uses(assembly).Where(use => !s_exceptions.ContainsKey(use.From)).Select(use => $"{use.From} uses {use.Banned}").Order();

    private static IEnumerable<(string From, string Banned)> Uses(Assembly assembly)
    {
        HashSet<string> banned =
        [
            .. File.ReadLines(Path.Combine(Repository.Root, "BannedSymbols.txt")).Where(line => line.Length > 0).Select(line => line.Split(';')[0]),
        ];
        var uses = AssemblyUses.Of(assembly);
        return uses.Types.Select(use => (use.From, Banned: $"T:{use.To}"))
            .Concat(uses.Members.Select(use => (use.From, Banned: AsProperty(use.Member))))
            .Where(use => banned.Contains(use.Banned))
            .Distinct();
    }

    /// <summary>Documentation ids name the property, metadata its getter.</summary>
    private static string AsProperty(string member) =>
        member.Contains(".get_", StringComparison.Ordinal) ? "P:" + member[2..].Replace(".get_", ".") : member;
}
