namespace Zurau;

/// <summary>The source of a setting's value; the numbers are Kafka's.</summary>
public enum ConfigSource
{
    /// <summary>It was set on the topic.</summary>
    DynamicTopic = 1,

    /// <summary>It was set for the broker at startup.</summary>
    StaticBroker = 4,

    /// <summary>It is the default.</summary>
    Default = 5,
}
