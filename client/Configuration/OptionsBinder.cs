using Microsoft.Extensions.Configuration;
using Zurau.Configuration;

namespace Zurau;

/// <summary>
/// Fills options from configuration under Kafka's names. Keys match ignoring case, dots, dashes and underscores; values are spelled as
/// Kafka spells them. What is unknown or cannot be read is refused, all of it in one exception, one line each. Where a setting is there in
/// several spellings, the value that came last wins.
/// </summary>
public static class OptionsBinder
{
    /// <summary>
    /// Fills options from a section, such as <c>configuration.GetSection("Kafka")</c>. What is not there keeps its value.
    /// </summary>
    /// <param name="configuration">The section.</param>
    /// <param name="options">What is filled.</param>
    /// <param name="root">
    /// The root of the section, whose providers say which of two spellings came last; a section alone does not tell. Left aside where the
    /// section belongs to another one.
    /// </param>
    /// <exception cref="ConfigurationException">
    /// Names each key, its value and what is allowed, or the known key nearest to it; or two spellings of one setting of which it is not
    /// known which came last: one provider has both, or the root is not given.
    /// </exception>
    public static void Bind(IConfiguration configuration, ZurauOptions options, IConfigurationRoot? root = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(options);
        IConfigurationRoot? known = configuration as IConfigurationRoot ?? RootOf(configuration, root);
        Apply(SettingSections.Root, options, SettingNode.From(configuration, known));
    }

    /// <summary>
    /// Fills options from pairs, of which a later one wins; a colon separates section and setting: <c>Producer:linger.ms</c>.
    /// </summary>
    /// <exception cref="ConfigurationException">Names each key, its value and what is allowed, or the known key nearest to it.</exception>
    public static void Bind(IEnumerable<KeyValuePair<string, string?>> settings, ZurauOptions options)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(options);
        Apply(SettingSections.Root, options, SettingNode.From(settings, ""));
    }

    /// <summary>Copies consumer settings and lays others, by Kafka's names, over the copy.</summary>
    /// <param name="options">The settings; not changed.</param>
    /// <param name="settings">Such as <c>max.poll.records</c> and <c>50</c>.</param>
    /// <param name="source">Where they are from, for messages: <c>Kafka:Listeners:billing:Properties</c>.</param>
    /// <exception cref="ConfigurationException">Names each key, its value and what is allowed, or the known key nearest to it.</exception>
    public static ConsumerOptions Override(ConsumerOptions options, IEnumerable<KeyValuePair<string, string>> settings, string source)
    {
        ArgumentNullException.ThrowIfNull(options);
        ConsumerOptions copy = options with { };
        Apply(SettingSections.Consumer, copy, ToNode(settings, source));
        OptionsValidator.ThrowIfInvalid(copy);
        return copy;
    }

    /// <summary>Copies producer settings and lays others, by Kafka's names, over the copy.</summary>
    /// <param name="options">The settings; not changed.</param>
    /// <param name="settings">Such as <c>linger.ms</c> and <c>0</c>.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="ConfigurationException">Names each key, its value and what is allowed, or the known key nearest to it.</exception>
    public static ProducerOptions Override(ProducerOptions options, IEnumerable<KeyValuePair<string, string>> settings, string source)
    {
        ArgumentNullException.ThrowIfNull(options);
        ProducerOptions copy = options with { };
        Apply(SettingSections.Producer, copy, ToNode(settings, source));
        OptionsValidator.ThrowIfInvalid(copy);
        return copy;
    }

    // Sections do not say where they belong, but they hand out the change token of their root.
    private static IConfigurationRoot? RootOf(IConfiguration section, IConfigurationRoot? root) =>
        root is not null && ReferenceEquals(root.GetReloadToken(), section.GetReloadToken()) ? root : null;

    private static SettingNode ToNode(IEnumerable<KeyValuePair<string, string>> settings, string source)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return SettingNode.From(settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)), source);
    }

    private static void Apply<T>(SettingSection<T> section, T options, SettingNode node)
        where T : class
    {
        var errors = new List<string>();
        section.Bind(options, node, errors);
        OptionsValidator.ThrowIfAny(errors);
    }
}
