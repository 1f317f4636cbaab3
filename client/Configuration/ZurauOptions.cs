using Zurau.Engine;
using Zurau.Engine.Common.Settings;

namespace Zurau;

/// <summary>
/// Holds all settings, by Kafka's names: <c>bootstrap.servers</c> = <c>BootstrapServers</c> = <c>Kafka__BootstrapServers</c>. Defaults are those of
/// the Java client.
/// </summary>
[Settings("kafka")]
public sealed partial class ZurauOptions
{
    /// <summary>
    /// Where the log is: <c>embedded:PATH</c> (a directory, relative to the working directory) or <c>embedded::memory:</c> (for tests).
    /// </summary>
    [Setting("bootstrap.servers", IfEmpty = "write embedded:./data, or embedded::memory: for tests")]
    public string BootstrapServers { get; set; } = "embedded:./data";

    /// <summary>A name for logs; for the member ids of consumers that have no <c>client.id</c> of their own.</summary>
    [Setting("client.id")]
    public string ClientId { get; set; } = "";

    /// <summary>The producer's settings.</summary>
    public ProducerOptions Producer { get; set; } = new();

    /// <summary>The consumers' settings; a listener may override them.</summary>
    public ConsumerOptions Consumer { get; set; } = new();

    /// <summary>Defaults for all listeners.</summary>
    public ListenerOptions Listener { get; set; } = new();

    /// <summary>Settings of single listeners by their id; they override the attribute.</summary>
    public Dictionary<string, ListenerOptions> Listeners { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Topics that are created at startup if they do not exist.</summary>
    public List<TopicOptions> Topics { get; set; } = [];

    /// <summary>Settings of administration at startup.</summary>
    public AdminOptions Admin { get; set; } = new();

    /// <summary>Broker settings of the embedded engine; not used with a cluster.</summary>
    public BrokerOptions Embedded { get; set; } = new();
}
