namespace Zurau;

/// <summary>
/// Settings of listeners. In <see cref="ZurauOptions.Listener"/> they are defaults, in <see cref="ZurauOptions.Listeners"/> they
/// win over the attribute; null means "not set here".
/// </summary>
public sealed class ListenerOptions
{
    /// <summary>Topics instead of the attribute's.</summary>
    public List<string>? Topics { get; set; }

    /// <summary>The group instead of the attribute's.</summary>
    public string? GroupId { get; set; }

    /// <summary>Consumers in the group. More than 1 needs groups of several members, which are not there yet.</summary>
    public int? Concurrency { get; set; }

    /// <summary>When offsets are committed; default <see cref="AckMode.Batch"/>.</summary>
    public AckMode? AckMode { get; set; }

    /// <summary>What happens to a record whose retries are used up; default <see cref="OnExhausted.DeadLetter"/>.</summary>
    public OnExhausted? OnExhausted { get; set; }

    /// <summary>Pause between two attempts in milliseconds; default 0 (Spring's <c>FixedBackOff(0, 9)</c>).</summary>
    public int? BackOffIntervalMs { get; set; }

    /// <summary>Retries after the first attempt; default 9. -1 retries for ever.</summary>
    public int? BackOffMaxRetries { get; set; }

    /// <summary>Full or short names of exceptions that are not retried, besides those that never are.</summary>
    public List<string>? NotRetryableExceptions { get; set; }

    /// <summary>What is appended to a topic's name for its dead-letter topic; default <c>-dlt</c>.</summary>
    public string? DeadLetterSuffix { get; set; }

    /// <summary>How long a poll waits in milliseconds; default 5000.</summary>
    public int? PollTimeoutMs { get; set; }

    /// <summary>How long stop waits for the record in hand, in milliseconds; default 10,000.</summary>
    public int? ShutdownTimeoutMs { get; set; }

    /// <summary>Whether the listener starts with the application; default true.</summary>
    public bool? AutoStartup { get; set; }

    /// <summary>Consumer settings of this listener by Kafka's names, such as <c>auto.offset.reset</c>.</summary>
    public Dictionary<string, string> Properties { get; set; } = [];
}
