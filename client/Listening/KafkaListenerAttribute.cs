namespace Zurau;

/// <summary>
/// Marks a method that handles the records of topics. The class is resolved from a DI scope for each record.
/// Strings may hold <c>{Section:Key}</c>, replaced from configuration; <c>Kafka:Listeners:&lt;Id&gt;:…</c> wins over the attribute.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaListenerAttribute(params string[] topics) : Attribute
{
    /// <summary>The topics.</summary>
    public IReadOnlyList<string> Topics { get; } = topics;

    /// <summary>
    /// A name for settings, logs and metrics; also the group where <see cref="GroupId"/> is not set. Default: <c>Class.Method</c>.
    /// </summary>
    public string? Id { get; set; }

    /// <summary>The consumer group; default the <see cref="Id"/>, else <c>group.id</c> of the settings.</summary>
    public string? GroupId { get; set; }

    /// <summary>Consumers in the group; 0 takes the settings'.</summary>
    public int Concurrency { get; set; }

    /// <summary>When offsets are committed.</summary>
    public AckMode AckMode { get; set; }

    /// <summary>Consumer settings of this listener: <c>"max.poll.records=50"</c>.</summary>
    public string[] Properties { get; set; } = [];
}
