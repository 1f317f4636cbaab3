namespace Zurau;

/// <summary>Where a setting's value comes from; the numbers are Kafka's.</summary>
public enum ConfigSource
{
    /// <summary>It was set on the topic.</summary>
    DynamicTopic = 1,

    /// <summary>It is the broker's, which was started with it.</summary>
    StaticBroker = 4,

    /// <summary>Nobody set it.</summary>
    Default = 5,
}
