namespace Engine.Tests.House;

/// <summary>
/// Compares the defaults of broker, topic, producer and consumer with Apache Kafka's,
/// which kafka-defaults.txt has.
/// </summary>
public sealed class KafkaDefaultsTests
{
    private static readonly Dictionary<(string Scope, string Name), string> s_kafka = File.ReadLines(Path.Combine(Repository.Root, "tests", "Engine.Tests", "House", "kafka-defaults.txt"))
        .Where(static line => line.Length > 0 && line[0] != '#')
        .Select(static line => line.Split(' '))
        .ToDictionary(static parts => (parts[0], parts[1]), static parts => parts[2]);

    private static readonly string[] s_scopes = ["broker", "topic", "producer", "consumer"];

    [Fact]
    public void Each_default_is_Kafkas_unless_its_declaration_states_why_not()
    {
        DeclaredSetting[] settings = [.. DeclaredSetting.All.Where(static setting => s_scopes.Contains(setting.Scope))];
        Offenders.AssertNone(settings.Where(static setting => IsKafkas(setting) == (setting.Differs is not null)).Select(static setting =>
            $"{setting.Scope} {setting.Name}: default {setting.Default ?? "null"}, Kafka's {s_kafka.GetValueOrDefault((setting.Scope, setting.Name), "none")}, Differs = {setting.Differs ?? "null"}"));

        // What differs, on purpose. A new difference is added here and documented in docs/settings.md.
        Assert.Equal(
            [
                "broker allow.any.file.system false, Kafka: no such setting",
                "broker group.initial.rebalance.delay.ms 0, Kafka: 3000",
                "broker max.open.segments 8192, Kafka: no such setting",
                "broker offsets.topic.num.partitions 1, Kafka: 50",
                "broker transaction.state.log.num.partitions 1, Kafka: 50",
                "producer enable.idempotence null, Kafka: true",
                "producer partitioner default, Kafka: no such setting",
            ],
            settings.Where(static setting => !IsKafkas(setting))
                .Select(static setting => $"{setting.Scope} {setting.Name} {setting.Default ?? "null"}, Kafka: {s_kafka.GetValueOrDefault((setting.Scope, setting.Name), "no such setting")}")
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_topic_setting_of_Kafka_that_has_no_replicas_exists()
    {
        string[] ours = [.. DeclaredSetting.All.Where(static setting => setting.Scope == "topic").Select(static setting => setting.Name)];
        Assert.Equal(s_kafka.Keys.Where(static key => key.Scope == "topic").Select(static key => key.Name).Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));
    }

    private static bool IsKafkas(DeclaredSetting setting) =>
        s_kafka.TryGetValue((setting.Scope, setting.Name), out string? kafka) && kafka == setting.Default switch { null => "null", "" => "\"\"", { } text => text };
}
