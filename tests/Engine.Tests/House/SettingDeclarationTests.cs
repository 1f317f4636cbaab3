using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Zurau.Engine;
using Zurau.Engine.Common.Settings;

namespace Engine.Tests.House;

/// <summary>
/// Holds that a setting is declared once, and that what the build derives from the
/// declaration agrees with it.
/// </summary>
public sealed partial class SettingDeclarationTests
{
    [Fact]
    public void Each_name_is_a_string_literal_in_the_file_that_declares_it_and_in_no_other()
    {
        // Shipped code. Harness and samples use names as an application does, and configure other clients.
        string[] folders = ["engine", "client", "generators", "testkit"];
        ILookup<string, string> files = folders.SelectMany(static folder => Repository.Files(folder, "*.cs"))
            .SelectMany(static file => Literal().Matches(WithoutComments(File.ReadAllText(file))).Select(match => (Name: match.Groups["text"].Value, File: Repository.Relative(file))))
            .Distinct()
            .ToLookup(static literal => literal.Name, static literal => literal.File);

        // Names of one word are also words of messages and metrics; they are omitted.
        Offenders.AssertNone(DeclaredSetting.All.GroupBy(static setting => setting.Name).Where(static same => same.Key.Contains('.', StringComparison.Ordinal)).SelectMany(same =>
        {
            string[] declaring = [.. same.Select(static setting => setting.Owner.Name + ".cs").Distinct().Order(StringComparer.Ordinal)];
            string[] found = [.. files[same.Key].Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
            return declaring.SequenceEqual(found) ? [] : (string[])[$"'{same.Key}' is declared in {string.Join(", ", declaring)} and is a literal in {string.Join(", ", files[same.Key])}"];
        }));
    }

    [Fact]
    public void Each_name_is_declared_once_in_its_scope() =>
        Offenders.AssertNone(DeclaredSetting.All.GroupBy(static setting => (setting.Scope, setting.Name)).Where(static same => same.Count() > 1).Select(static same => $"{same.Key}"));

    [Fact]
    public void Each_property_has_the_name_of_its_setting_in_NET_casing() =>
        Offenders.AssertNone(DeclaredSetting.All
            .Where(static setting => setting.Property is { } property && property.Name != string.Concat(setting.Name.Split('.').Select(static word => char.ToUpperInvariant(word[0]) + word[1..])))
            .Select(static setting => $"{setting.Owner.Name}.{setting.Property!.Name} is '{setting.Name}'"));

    [Fact]
    public void A_number_out_of_its_range_is_refused_when_it_is_read_and_when_it_is_checked()
    {
        int checkedSettings = 0;
        foreach (DeclaredSetting setting in DeclaredSetting.All.Where(static setting => setting.Attribute is { } attribute && !double.IsNaN(attribute.Min)))
        {
            (double Outside, double Inside)[] edges = double.IsNaN(setting.Attribute!.Max)
                ? [(setting.Attribute.Min - 5, setting.Attribute.Min)]
                : [(setting.Attribute.Min - 5, setting.Attribute.Min), (setting.Attribute.Max + 1, setting.Attribute.Max)];
            foreach ((double outside, double inside) in edges)
            {
                object options = Activator.CreateInstance(setting.Owner)!;
                Assert.False(TrySet(setting, options, outside), $"{setting.Name}={outside}");
                Assert.True(TrySet(setting, options, inside), $"{setting.Name}={inside}");
                Assert.DoesNotContain(Validate(setting, options), line => line.StartsWith($"{setting.Name}=", StringComparison.Ordinal));
                Type type = Nullable.GetUnderlyingType(setting.Property!.PropertyType) ?? setting.Property.PropertyType;
                setting.Property.SetValue(options, Convert.ChangeType(outside, type, CultureInfo.InvariantCulture));
                Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{setting.Name}={outside}: {setting.Expected} is expected"), Validate(setting, options));
                checkedSettings++;
            }
        }

        Assert.True(checkedSettings > 70, $"{checkedSettings}");
    }

    [Fact]
    public void A_name_is_found_in_any_spelling_and_an_unknown_one_is_refused()
    {
        Assert.Equal("log.segment.bytes", BrokerOptions.Settings.Find("LOG_SEGMENT-Bytes"));
        Assert.Null(BrokerOptions.Settings.Find("log.segment.byte"));
        Assert.Equal("partitioner", Zurau.ProducerOptions.Settings.Find("partitioner.class"));
        ArgumentException error = Assert.Throws<ArgumentException>(() => BrokerOptions.Settings.TrySet(new BrokerOptions(), "log.segment.byte", "1"));
        Assert.StartsWith("Setting 'log.segment.byte' does not exist; use one of allow.any.file.system, num.partitions", error.Message, StringComparison.Ordinal);
    }

    private static bool TrySet(DeclaredSetting setting, object options, double value)
    {
        object table = Table(setting);
        return (bool)table.GetType().GetMethod("TrySet", [setting.Owner, typeof(string), typeof(string)])!.Invoke(table, [options, setting.Name, value.ToString(CultureInfo.InvariantCulture)])!;
    }

    private static List<string> Validate(DeclaredSetting setting, object options)
    {
        var errors = new List<string>();
        object table = Table(setting);
        table.GetType().GetMethod("Validate")!.Invoke(table, [options, "", errors]);
        return errors;
    }

    private static object Table(DeclaredSetting setting) => setting.Owner.GetProperty("Settings", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private static string WithoutComments(string source) => Comment().Replace(source, "");

    [GeneratedRegex("\"(?<text>[a-z0-9.]+)\"")]
    private static partial Regex Literal();

    [GeneratedRegex("^\\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
