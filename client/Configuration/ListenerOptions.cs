using Zurau.Engine.Common.Settings;

namespace Zurau;

/// <summary>
/// Holds the settings of listeners. In <see cref="ZurauOptions.Listener"/> they are defaults, in <see cref="ZurauOptions.Listeners"/> they
/// override the attribute; null is "not set here". Not thread-safe while it is changed.
/// </summary>
[Settings("listener")]
public sealed partial class ListenerOptions
{
    /// <summary>Topics, instead of those of the attribute.</summary>
    [Setting("topics")]
    public List<string>? Topics { get; set; }

    /// <summary>
    /// Group, instead of that of the attribute. Default: <c>GroupId</c> of the attribute, its <c>Id</c>, <c>Kafka:Consumer:group.id</c>, <c>Class.Method</c>.
    /// </summary>
    [Setting("group.id", IfEmpty = "name the group, or leave it out for that of the attribute")]
    public string? GroupId { get; set; }

    /// <summary>Consumers in the group; only 1 is implemented.</summary>
    [Setting("concurrency", Min = 1)]
    public int? Concurrency { get; set; }

    /// <summary><c>Batch</c> (default), <c>Record</c>, <c>Manual</c> (default with an <c>IAcknowledgment</c> parameter) or <c>ManualImmediate</c>.</summary>
    [Setting("ack.mode")]
    [Choice("Record", Zurau.AckMode.Record)]
    [Choice("Batch", Zurau.AckMode.Batch)]
    [Choice("Manual", Zurau.AckMode.Manual)]
    [Choice("ManualImmediate", Zurau.AckMode.ManualImmediate)]
    [Choice("Default", Zurau.AckMode.Default)]
    public AckMode? AckMode { get; set; }

    /// <summary><c>DeadLetter</c> (default), <c>Stop</c> or <c>Skip</c>.</summary>
    [Setting("on.exhausted")]
    [Choice("DeadLetter", Zurau.OnExhausted.DeadLetter)]
    [Choice("Stop", Zurau.OnExhausted.Stop)]
    [Choice("Skip", Zurau.OnExhausted.Skip)]
    public OnExhausted? OnExhausted { get; set; }

    /// <summary>Pause between two attempts; default 0.</summary>
    [Setting("back.off.interval.ms", Min = 0)]
    public int? BackOffIntervalMs { get; set; }

    /// <summary>Retries after the first attempt; default 9, -1 for no limit.</summary>
    [Setting("back.off.max.retries", Min = -1)]
    public int? BackOffMaxRetries { get; set; }

    /// <summary>Names of exceptions that are not retried, full or without the namespace.</summary>
    [Setting("not.retryable.exceptions")]
    public List<string>? NotRetryableExceptions { get; set; }

    /// <summary>Appended to the name of the topic for its dead-letter topic; default <c>-dlt</c>.</summary>
    [Setting("dead.letter.suffix", IfEmpty = "dead letters would be sent to the topic that they are from; -dlt is the default")]
    public string? DeadLetterSuffix { get; set; }

    /// <summary>How long a poll waits; default 5000.</summary>
    [Setting("poll.timeout.ms", Min = 0)]
    public int? PollTimeoutMs { get; set; }

    /// <summary>How long a stop waits for the current record; default 10000.</summary>
    [Setting("shutdown.timeout.ms", Min = 0)]
    public int? ShutdownTimeoutMs { get; set; }

    /// <summary>Whether the listener starts with the application; default true.</summary>
    [Setting("auto.startup")]
    public bool? AutoStartup { get; set; }

    /// <summary>Consumer settings of the listener, by Kafka's names.</summary>
    [Setting("properties")]
    public Dictionary<string, string> Properties { get; set; } = [];
}
