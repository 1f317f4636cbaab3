using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common.Settings;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Engine.Tests.House;

/// <summary>A setting as engine or client declares it.</summary>
/// <param name="Scope">Whose setting it is: broker, topic, producer and so on.</param>
/// <param name="Name">Its name.</param>
/// <param name="Default">Its default as text; null if it is not set.</param>
/// <param name="Expected">Which values it accepts.</param>
/// <param name="Meaning">Its documentation, in Markdown.</param>
/// <param name="Differs">Why it or its default is not Kafka's.</param>
/// <param name="Owner">The class that declares it.</param>
internal sealed partial record DeclaredSetting(string Scope, string Name, string? Default, string Expected, string Meaning, string? Differs, Type Owner)
{
    internal const string TopicScope = "topic";

    private static readonly Assembly[] s_assemblies = [typeof(BrokerOptions).Assembly, typeof(ZurauOptions).Assembly];
    private static readonly Dictionary<string, string> s_docs = ReadDocs();

    internal static IReadOnlyList<Type> Owners { get; } =
        [.. s_assemblies.SelectMany(static assembly => assembly.GetTypes()).Where(static type => type.IsDefined(typeof(SettingsAttribute), inherit: false))];

    internal static IReadOnlyList<DeclaredSetting> All { get; } = [.. Owners.SelectMany(Of), .. Topics()];

    /// <summary>The property; null for a topic setting.</summary>
    internal PropertyInfo? Property { get; private init; }

    internal SettingAttribute? Attribute => Property?.GetCustomAttribute<SettingAttribute>();

    internal static IEnumerable<PropertyInfo> Properties(Type owner) => owner.GetProperties().Where(static property => property.IsDefined(typeof(SettingAttribute)));

    private static IEnumerable<DeclaredSetting> Of(Type owner)
    {
        string scope = owner.GetCustomAttribute<SettingsAttribute>()!.Scope;
        object table = owner.GetProperty("Settings", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        object options = Activator.CreateInstance(owner)!;
        foreach (PropertyInfo property in Properties(owner))
        {
            SettingAttribute attribute = property.GetCustomAttribute<SettingAttribute>()!;
            yield return new DeclaredSetting(
                scope,
                attribute.Name,
                (string?)table.GetType().GetMethod("Get", [owner, typeof(string)])!.Invoke(table, [options, attribute.Name]),
                (string)table.GetType().GetMethod("Expected", [typeof(string)])!.Invoke(table, [attribute.Name])!,
                Doc(property),
                attribute.Differs,
                owner)
            {
                Property = property,
            };
        }
    }

    private static IEnumerable<DeclaredSetting> Topics()
    {
        var defaults = new LogSettings();
        foreach (PropertyInfo property in Properties(typeof(BrokerOptions)).Where(static property => property.IsDefined(typeof(TopicSettingAttribute))))
        {
            DeclaredSetting broker = Of(typeof(BrokerOptions)).Single(setting => setting.Property == property);
            TopicSettingAttribute topic = property.GetCustomAttribute<TopicSettingAttribute>()!;
            string expected = double.IsNaN(topic.Min) ? broker.Expected : $"a whole number of {topic.Min} or more";
            yield return broker with { Scope = TopicScope, Name = topic.Name, Default = TopicRules.Text(defaults, topic.Name), Expected = expected, Property = null };
        }

        foreach (StoredTopicSettingAttribute stored in typeof(BrokerOptions).GetCustomAttributes<StoredTopicSettingAttribute>())
        {
            string expected = stored.Default is bool ? "true or false" : $"a whole number of {stored.Min} or more";
            yield return new DeclaredSetting(TopicScope, stored.Name, TopicRules.Text(defaults, stored.Name), expected, stored.Doc, null, typeof(BrokerOptions));
        }
    }

    private static string Doc(PropertyInfo property) => s_docs.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}", "");

    /// <summary>Reads the summaries of the assemblies, which the compiler writes beside them.</summary>
    private static Dictionary<string, string> ReadDocs() => s_assemblies
        .SelectMany(static assembly => XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member"))
        .Where(static member => member.Attribute("name")!.Value.StartsWith("P:", StringComparison.Ordinal) && member.Element("summary") is not null)
        .ToDictionary(static member => member.Attribute("name")!.Value, static member => Space().Replace(string.Concat(member.Element("summary")!.Nodes().Select(Markdown)), " ").Trim());

    private static string Markdown(XNode node) => node switch
    {
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement element => element.Value,
        _ => node is XText text ? text.Value : "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
