using System.Reflection;
using System.Xml.Linq;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Log;
using Zurau.Inspection;

namespace Engine.Tests.House;

/// <summary>Checks the dependencies between projects and between the engine's layers.</summary>
public sealed class LayeringTests
{
    private const string Common = "Common";

    /// <summary>Right may use left, never back.</summary>
    private static readonly string[] s_layers = [Common, "Records", "Storage", "Log", "Topics", "Coordination", "Broker"];

    [Fact]
    public void Projects_reference_only_what_is_allowed()
    {
        (string From, string To)[] references = [.. Projects().SelectMany(static project => References(project).Select(to => (Folder(project), to)))];

        Assert.Contains(("client", "engine"), references);
        Assert.Contains(("simulation", "testkit"), references);
        Offenders.AssertNone(references.Where(static reference => !MayReference(reference.From, reference.To)).Select(static reference => $"{reference.From} references {reference.To}"));
    }

    [Theory]
    [InlineData("engine", "client")]
    [InlineData("client", "testkit")]
    [InlineData("testkit", "simulation")]
    [InlineData("tool/Inspection", "client")]
    [InlineData("tool", "testkit")]
    [InlineData("simulation", "harness")]
    [InlineData("harness", "simulation")]
    [InlineData("samples/Orders", "harness")]
    [InlineData("tests/Client.Tests", "tests/Engine.Tests")]
    [InlineData("console", "client")]
    public void A_reference_that_is_not_allowed_is_noticed(string from, string to) => Assert.False(MayReference(from, to));

    [Fact]
    public void No_project_compiles_sources_of_another() =>
        Offenders.AssertNone(Projects().SelectMany(static project => Includes(project, "Compile")
            .Where(static include => include.Contains("..", StringComparison.Ordinal) && !include.EndsWith("engine/Common/IgnoredResults.cs", StringComparison.Ordinal)) // An internal extension method for both.
            .Select(include => $"{project} compiles {include}")));

    [Fact]
    public void The_structural_check_shares_only_the_record_format_with_the_engine()
    {
        TypeUse[] uses = [.. AssemblyUses.Of(typeof(DirectoryCheck).Assembly).Types.Where(static use => IsBelow(use.ToNamespace, "Zurau.Engine"))];

        Assert.NotEmpty(uses);
        Offenders.AssertNone(uses.Where(static use => !IsBelow(use.ToNamespace, "Zurau.Engine.Records")).Select(static use => use.ToString()));
    }

    [Fact]
    public void Inside_engine_right_uses_left_and_never_back()
    {
        IReadOnlyCollection<TypeUse> uses = AssemblyUses.Of(typeof(Broker).Assembly).Types;

        Assert.Contains(uses, use => use.FromNamespace == "Zurau.Engine" && use.ToNamespace == "Zurau.Engine.Log");
        Offenders.AssertNone(uses.Where(use => IsOurs(use.FromNamespace) && IsOurs(use.ToNamespace) && !IsAllowed(use)).Select(use => use.ToString()));
    }

    [Fact]
    public void Every_namespace_of_engine_is_a_layer()
    {
        IEnumerable<string> strangers = AssemblyUses.Of(typeof(Broker).Assembly).Types
            .Where(use => IsOurs(use.FromNamespace) && LayerOf(use.FromNamespace) is not "Diagnostics" and string layer && !s_layers.Contains(layer))
            .Select(use => use.From);

        Offenders.AssertNone(strangers);
    }

    [Fact]
    public void The_types_of_the_log_form_no_cycle()
    {
        TypeUse[] uses =
        [
            .. AssemblyUses.Of(typeof(Broker).Assembly).Types.Where(use => IsLog(use.FromNamespace) && IsLog(use.ToNamespace)),
        ];

        Assert.Contains(uses, use => use is { From: "Zurau.Engine.Log.PartitionLog", To: "Zurau.Engine.Log.LogSegment" });
        Assert.Contains(uses, use => use.FromNamespace == "Zurau.Engine.Log.Cleaning" && use.ToNamespace == "Zurau.Engine.Log");
        Offenders.AssertNone(TypeCycles.Of(uses).Select(cycle => $"{cycle.Count} types use each other: {string.Join(", ", cycle.Select(WithoutNamespace))}"));
    }

    [Fact]
    public void No_part_of_a_log_refers_to_PartitionLog()
    {
        IEnumerable<TypeUse> uses = AssemblyUses.Of(typeof(Broker).Assembly).Types
            .Where(use => IsLog(use.FromNamespace) && use is { To: "Zurau.Engine.Log.PartitionLog", From: not "Zurau.Engine.Log.PartitionLog" });

        Offenders.AssertNone(uses.Select(use => use.ToString()));
    }

    [Fact]
    public void Only_LogSegment_refers_to_mapped_memory()
    {
        string[] users =
        [
            .. AssemblyUses.Of(typeof(Broker).Assembly).Types
                .Where(use => IsLog(use.FromNamespace) && use.To == "Zurau.Engine.Storage.MappedRegion")
                .Select(use => use.From)
                .Distinct(),
        ];

        Assert.Equal(["Zurau.Engine.Log.LogSegment"], users);
    }

    [Fact]
    public void LogSegment_gives_no_writable_view_of_mapped_memory_to_others()
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        Type[] writable = [typeof(Span<byte>), typeof(Memory<byte>)];
        string[] leaks =
        [
            .. typeof(LogSegment).GetMethods(All)
                .Where(method => !method.IsPrivate && (method.ReturnType.IsPointer || writable.Contains(method.ReturnType)))
                .Select(method => method.Name),
            .. typeof(LogSegment).GetFields(All).Where(field => !field.IsPrivate && field.FieldType.IsPointer).Select(field => field.Name),
        ];

        Offenders.AssertNone(leaks);
    }

    [Fact]
    public void A_cycle_is_found_with_all_its_members()
    {
        TypeUse[] uses = [.. "a b, b c, c a, c d, d e, e e, f g, g f".Split(", ").Select(pair => new TypeUse(pair[..1], "", pair[2..], ""))];

        Assert.Equal(["a b c", "f g"], TypeCycles.Of(uses).Select(cycle => string.Join(' ', cycle)).Order());
    }

    [Fact]
    public void The_listener_framework_cannot_tell_the_embedded_engine_from_a_cluster()
    {
        HashSet<string> sources =
        [
            .. Repository.Files("client/Listening", "*.cs").Select(file => Path.GetFileNameWithoutExtension(file)),
        ];
        TypeUse[] uses =
        [
            .. AssemblyUses.Of(typeof(IKafkaTemplate<,>).Assembly).Types
                .Where(use => use.FromNamespace == "Zurau.Listening" || sources.Contains(WithoutNamespace(use.From))),
        ];
        string[] seams = ["Zurau.Engine.Common.IDuty", "Zurau.Engine.Common.IDutyPump", "Zurau.Engine.Common.IDutyHandle"];
        const string Format = "Zurau.Engine.Records"; // What every transport carries: v2 batches. It knows no broker.

        Assert.Contains(uses, use => use.ToNamespace == "Zurau");
        Offenders.AssertNone(uses
            .Where(use => IsBelow(use.ToNamespace, "Zurau.Embedded") || IsBelow(use.ToNamespace, "Zurau.Engine"))
            .Where(use => use.ToNamespace != Format && !seams.Contains(use.To))
            .Select(use => use.ToString()));
    }

    [Fact]
    public void The_reader_sees_bodies_signatures_and_lambdas()
    {
        string[] used = [.. AssemblyUses.Of(Assembly.GetExecutingAssembly()).Types.Where(use => use.From == typeof(Specimen).FullName).Select(use => use.To)];

        Assert.Contains("System.Text.StringBuilder", used); // made in a lambda
        Assert.Contains("System.Version", used); // argument of a generic field
        Assert.Contains("System.UriBuilder", used); // a local in an async method
        Assert.Contains("System.Net.Cookie", used); // typeof
        Assert.Contains("System.OverflowException", used); // caught
    }

    private static bool MayReference(string from, string to) => from.Split('/')[0] switch
    {
        "engine" => to is "generators/Rules", // Rules of the build only; the package contains none of it.
        "client" => to is "engine" or "generators" or "generators/Rules",
        "testkit" => to is "client",
        "tool" => from == "tool/Inspection" ? to is "engine" : to is "tool/Inspection" or "client",
        "simulation" => to is "testkit" or "tool/Inspection",
        "harness" => to is "client" or "generators" or "testkit",
        "samples" => to is "engine" or "client" or "generators" or "testkit",
        "tests" => !to.StartsWith("tests/", StringComparison.Ordinal),
        _ => false,
    };

    private static IEnumerable<string> Projects() => Repository.Files("", "*.csproj").Select(Repository.Relative);

    private static IEnumerable<string> References(string project) => Includes(project, "ProjectReference")
        .Select(include => Folder(Repository.Relative(Path.GetFullPath(Path.Combine(Repository.Root, Folder(project), include)))));

    private static IEnumerable<string> Includes(string project, string item) =>
        XDocument.Load(Path.Combine(Repository.Root, project)).Descendants(item).Select(static found => found.Attribute("Include")?.Value).OfType<string>();

    private static string Folder(string project) => project[..project.LastIndexOf('/')];

    private static bool IsAllowed(TypeUse use)
    {
        string from = LayerOf(use.FromNamespace);
        string to = LayerOf(use.ToNamespace);
        return from == to
            || to == "Diagnostics"
            || (from == "Diagnostics" ? to == Common : Array.IndexOf(s_layers, to) <= Array.IndexOf(s_layers, from));
    }

    /// <summary>
    /// The types that everybody speaks of (<c>TopicPartition</c>, <c>Headers</c>) are
    /// Common, whatever folder they lie in.
    /// </summary>
    private static string LayerOf(string space) => space switch
    {
        "Zurau" => Common,
        "Zurau.Engine" => "Broker",
        _ => space.Split('.')[2],
    };

    private static bool IsLog(string space) => IsBelow(space, "Zurau.Engine.Log");

    private static bool IsOurs(string space) => space == "Zurau" || IsBelow(space, "Zurau.Engine");

    private static bool IsBelow(string space, string parent) => space == parent || space.StartsWith(parent + ".", StringComparison.Ordinal);

    private static string WithoutNamespace(string type) => type[(type.LastIndexOf('.') + 1)..].Split('`')[0];
}
