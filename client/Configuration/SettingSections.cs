using System.Globalization;
using Zurau.Engine;

namespace Zurau.Configuration;

/// <summary>Holds which sections there are and how they are nested. The options classes declare their settings.</summary>
internal static class SettingSections
{
    internal static readonly SettingSection<ProducerOptions> Producer = new(ProducerOptions.Settings);

    internal static readonly SettingSection<ConsumerOptions> Consumer = new(ConsumerOptions.Settings);

    private static readonly SettingSection<BrokerOptions> s_embedded = new(BrokerOptions.Settings);

    private static readonly SettingSection<AdminOptions> s_admin = new(AdminOptions.Settings);

    private static readonly SettingSection<ListenerOptions> s_listener = new(
        ListenerOptions.Settings,
        new SettingSection<ListenerOptions>.Child(nameof(ListenerOptions.Properties), BindProperties));

    private static readonly SettingSection<TopicOptions> s_topic = new(
        TopicOptions.Settings,
        new SettingSection<TopicOptions>.Child(nameof(TopicOptions.Configs), static (options, node, _) => options.Configs = ToDictionary(node)));

    internal static readonly SettingSection<ZurauOptions> Root = new(
        ZurauOptions.Settings,
        new(nameof(ZurauOptions.Producer), static (options, node, errors) => Producer.Bind(options.Producer, node, errors)),
        new(nameof(ZurauOptions.Consumer), static (options, node, errors) => Consumer.Bind(options.Consumer, node, errors)),
        new(nameof(ZurauOptions.Listener), static (options, node, errors) => s_listener.Bind(options.Listener, node, errors)),
        new(nameof(ZurauOptions.Listeners), BindListeners),
        new(nameof(ZurauOptions.Topics), BindTopics),
        new(nameof(ZurauOptions.Admin), static (options, node, errors) => s_admin.Bind(options.Admin, node, errors)),
        new(nameof(ZurauOptions.Embedded), static (options, node, errors) => s_embedded.Bind(options.Embedded, node, errors)));

    /// <summary>Finds the section of a setting that is in the wrong one: <c>Producer:linger.ms</c>.</summary>
    internal static string? FindElsewhere(string name) =>
        Find(nameof(ZurauOptions.Producer), Producer, name)
        ?? Find(nameof(ZurauOptions.Consumer), Consumer, name)
        ?? Find(nameof(ZurauOptions.Listener), s_listener, name)
        ?? Find(nameof(ZurauOptions.Embedded), s_embedded, name)
        ?? Find(nameof(ZurauOptions.Admin), s_admin, name)
        ?? Root.Names.FirstOrDefault(known => SettingName.Normalize(known) == SettingName.Normalize(name));

    private static string? Find<T>(string section, SettingSection<T> settings, string name)
        where T : class => settings.Table.Find(name) is { } known ? $"{section}:{known}" : null;

    private static void BindProperties(ListenerOptions options, SettingNode node, List<string> errors)
    {
        // Stored as they are, because they are laid over the consumer's settings later; errors are reported now.
        SettingNode united = node with { Children = [.. node.Unite(errors)] };
        options.Properties = ToDictionary(united);
        Consumer.Bind(new ConsumerOptions(), united, errors);
    }

    private static void BindListeners(ZurauOptions options, SettingNode node, List<string> errors)
    {
        foreach (SettingNode child in node.Children)
        {
            if (!options.Listeners.TryGetValue(child.Key, out ListenerOptions? listener))
            {
                options.Listeners[child.Key] = listener = new ListenerOptions();
            }

            s_listener.Bind(listener, child, errors);
        }
    }

    // Topics are numbered objects or names, or objects by their names.
    private static void BindTopics(ZurauOptions options, SettingNode node, List<string> errors)
    {
        foreach (SettingNode child in node.Children)
        {
            bool isNumbered = int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _);
            var topic = new TopicOptions { Name = isNumbered ? child.Value ?? "" : child.Key };
            s_topic.Bind(topic, child, errors);
            options.Topics.Add(topic);
        }
    }

    private static Dictionary<string, string> ToDictionary(SettingNode node) =>
        node.Children.Where(static child => child.Value is not null).ToDictionary(static child => child.Key, static child => child.Value!);
}
