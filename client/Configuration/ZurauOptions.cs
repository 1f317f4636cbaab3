namespace Zurau;

/// <summary>
/// Everything that can be set, under Kafka's names: <c>bootstrap.servers</c> = <c>BootstrapServers</c> = <c>Kafka__BootstrapServers</c>.
/// Defaults are the Java client's.
/// </summary>
public sealed class ZurauOptions
{
    /// <summary>
    /// Where the log is: <c>embedded:./data</c> (a directory, relative to the working directory), <c>embedded::memory:</c> for tests,
    /// or <c>host:port,…</c> for a cluster (package Zurau.Confluent).
    /// </summary>
    public string BootstrapServers { get; set; } = "embedded:./data";

    /// <summary>A name for logs and for the cluster's logs.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The producer's settings.</summary>
    public ProducerOptions Producer { get; set; } = new();

    /// <summary>The consumers' settings; a listener may override them.</summary>
    public ConsumerOptions Consumer { get; set; } = new();

    /// <summary>Defaults for all listeners.</summary>
    public ListenerOptions Listener { get; set; } = new();

    /// <summary>Settings of single listeners by their id; they win over the attribute.</summary>
    public Dictionary<string, ListenerOptions> Listeners { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Topics that are created at start where they do not exist.</summary>
    public List<TopicOptions> Topics { get; set; } = [];

    /// <summary>Settings of administration at start.</summary>
    public AdminOptions Admin { get; set; } = new();

    /// <summary>Broker settings of the embedded engine; not used with a cluster.</summary>
    public EmbeddedOptions Embedded { get; set; } = new();
}
