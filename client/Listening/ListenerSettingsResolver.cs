using Microsoft.Extensions.Configuration;

namespace Zurau.Listening;

/// <summary>
/// Combines a listener's settings: <c>Kafka:Listeners:&lt;Id&gt;</c> before the attribute before <c>Kafka:Listener</c> and
/// <c>Kafka:Consumer</c>. A combination that cannot work is a <see cref="ConfigurationException"/> that names the method. Ranges are
/// declared in <see cref="ListenerOptions"/>, which <see cref="OptionsValidator"/> has checked before.
/// </summary>
internal static class ListenerSettingsResolver
{
    public static ListenerSettings Resolve(ListenerMethod method, ZurauOptions options, IConfiguration? configuration)
    {
        KafkaListenerAttribute attribute = method.Attribute;
        string name = method.DisplayName;
        string? givenId = attribute.Id is null ? null : Placeholders.Resolve(attribute.Id, configuration, name);
        string id = givenId ?? $"{method.HandlerType.Name}.{method.MethodName}";
        ListenerOptions own = options.Listeners.GetValueOrDefault(id) ?? new ListenerOptions();
        ListenerOptions all = options.Listener;

        string? groupId = own.GroupId
            ?? (attribute.GroupId is null ? null : Placeholders.Resolve(attribute.GroupId, configuration, name))
            ?? givenId
            ?? options.Consumer.GroupId
            ?? id;
        IEnumerable<string> topics = own.Topics ?? attribute.Topics;
        ConsumerOptions consumer = ConsumerOf(method, options, own, configuration);
        string clientId = consumer.ClientId.Length > 0 ? consumer.ClientId : options.ClientId;
        var settings = new ListenerSettings
        {
            Id = id,
            Topics = [.. topics.Select(topic => Placeholders.Resolve(topic, configuration, name)).Distinct(StringComparer.Ordinal)],
            GroupId = groupId,
            AckMode = AckModeOf(method, own, all),
            OnExhausted = own.OnExhausted ?? all.OnExhausted ?? OnExhausted.DeadLetter,
            BackOffIntervalMs = own.BackOffIntervalMs ?? all.BackOffIntervalMs ?? 0,
            BackOffMaxRetries = own.BackOffMaxRetries ?? all.BackOffMaxRetries ?? 9,
            NotRetryableExceptions = [.. own.NotRetryableExceptions ?? [], .. all.NotRetryableExceptions ?? []],
            DeadLetterSuffix = own.DeadLetterSuffix ?? all.DeadLetterSuffix ?? "-dlt",
            PollTimeout = TimeSpan.FromMilliseconds(own.PollTimeoutMs ?? all.PollTimeoutMs ?? 5000),
            ShutdownTimeout = TimeSpan.FromMilliseconds(own.ShutdownTimeoutMs ?? all.ShutdownTimeoutMs ?? 10_000),
            AutoStartup = own.AutoStartup ?? all.AutoStartup ?? true,
            Consumer = consumer with
            {
                GroupId = groupId,
                ClientId = clientId.Length > 0 ? clientId : id,
                EnableAutoCommit = false,
            },
        };
        Check(method, settings, own, all);
        return settings;
    }

    private static AckMode AckModeOf(ListenerMethod method, ListenerOptions own, ListenerOptions all)
    {
        AckMode chosen = own.AckMode is { } ownMode and not AckMode.Default ? ownMode : method.Attribute.AckMode;
        AckMode common = all.AckMode ?? AckMode.Default;
        bool isManual = chosen is AckMode.Manual or AckMode.ManualImmediate;
        if (chosen == AckMode.Default)
        {
            bool isCommonManual = common is AckMode.Manual or AckMode.ManualImmediate;
            if (method.TakesAcknowledgment)
            {
                return isCommonManual ? common : AckMode.Manual;
            }

            if (isCommonManual)
            {
                throw NeverAcknowledged(method, common);
            }

            return common == AckMode.Default ? AckMode.Batch : common;
        }

        if (method.TakesAcknowledgment && !isManual)
        {
            throw new ConfigurationException(
                $"Listener method '{method.DisplayName}' takes an IAcknowledgment but its ack mode is {chosen}, which commits by itself: " +
                "leave the ack mode away (then it is Manual), set Manual or ManualImmediate, or remove the parameter.");
        }

        return isManual && !method.TakesAcknowledgment ? throw NeverAcknowledged(method, chosen) : chosen;
    }

    private static ConfigurationException NeverAcknowledged(ListenerMethod method, AckMode mode) =>
        new(
            $"Listener method '{method.DisplayName}' has ack mode {mode} but takes no IAcknowledgment, so " +
            "nothing would ever be committed: add an IAcknowledgment parameter, or set the ack mode to Record or Batch.");

    private static ConsumerOptions ConsumerOf(
        ListenerMethod method,
        ZurauOptions options,
        ListenerOptions own,
        IConfiguration? configuration)
    {
        var properties = new List<KeyValuePair<string, string>>();
        foreach (string property in method.Attribute.Properties)
        {
            int equals = property.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new ConfigurationException(
                    $"Property '{property}' of listener method '{method.DisplayName}' is not a setting: write \"max.poll.records=50\".");
            }

            string value = Placeholders.Resolve(property[(equals + 1)..].Trim(), configuration, method.DisplayName);
            properties.Add(new(property[..equals].Trim(), value));
        }

        ConsumerOptions consumer = Override(options.Consumer, properties, $"the attribute of listener method '{method.DisplayName}'");
        return Override(consumer, own.Properties, $"the settings of listener method '{method.DisplayName}'");
    }

    private static ConsumerOptions Override(
        ConsumerOptions options,
        IReadOnlyCollection<KeyValuePair<string, string>> properties,
        string source)
    {
        foreach ((string key, string _) in properties)
        {
            string? problem = string.Concat(key.Where(char.IsLetterOrDigit)).ToUpperInvariant() switch
            {
                "GROUPID" => "set GroupId in [KafkaListener]",
                "ENABLEAUTOCOMMIT" => "leave it out; a listener commits by its ack mode",
                _ => null,
            };
            if (problem is not null)
            {
                throw new ConfigurationException($"'{key}' in {source} cannot be set there: {problem}.");
            }
        }

        return OptionsBinder.Override(options, properties, source);
    }

    private static void Check(ListenerMethod method, ListenerSettings settings, ListenerOptions own, ListenerOptions all)
    {
        string name = method.DisplayName;
        if (settings.Topics.Count == 0 || settings.Topics.Any(string.IsNullOrWhiteSpace))
        {
            throw new ConfigurationException(own.Topics is null
                ? $"Listener method '{name}' names no topic: write [KafkaListener(\"orders\")]."
                : $"Listeners:{settings.Id}:topics names no topic for listener method '{name}': name one, or leave the setting out for those of the attribute.");
        }

        if (settings.GroupId.Length == 0)
        {
            throw new ConfigurationException($"Listener method '{name}' has an empty group: set GroupId in [KafkaListener].");
        }

        int concurrency = own.Concurrency ?? (method.Attribute.Concurrency != 0 ? method.Attribute.Concurrency : all.Concurrency ?? 1);
        if (concurrency != 1)
        {
            throw new ConfigurationException(
                $"Listener method '{name}' has Concurrency {concurrency}: groups with several members are not implemented; set it to 1.");
        }
    }
}
