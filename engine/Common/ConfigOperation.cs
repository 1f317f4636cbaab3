namespace Zurau;

/// <summary>The operation of a config change; the numbers are Kafka's.</summary>
public enum ConfigOperation
{
    /// <summary>Sets a value.</summary>
    Set = 0,

    /// <summary>Deletes the topic's value, so that the broker's applies again.</summary>
    Delete = 1,

    /// <summary>Adds words to a list, such as <c>cleanup.policy</c>.</summary>
    Append = 2,

    /// <summary>Removes words from a list.</summary>
    Subtract = 3,
}
