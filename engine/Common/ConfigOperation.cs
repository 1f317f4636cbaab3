namespace Zurau;

/// <summary>What a change does to a setting; the numbers are Kafka's.</summary>
public enum ConfigOperation
{
    /// <summary>Gives it a value.</summary>
    Set = 0,

    /// <summary>Takes the value away, so that the broker's counts again.</summary>
    Delete = 1,

    /// <summary>Adds words to a list, such as <c>cleanup.policy</c>.</summary>
    Append = 2,

    /// <summary>Takes words off a list.</summary>
    Subtract = 3,
}
