namespace Zurau.Engine.Topics;

/// <summary>Implements Kafka's rules for topic names.</summary>
internal static class TopicName
{
    internal const int MaxLength = 249;
    internal const string ConsumerOffsets = "__consumer_offsets";
    internal const string TransactionState = "__transaction_state";

    internal static bool IsInternal(string name) => name is ConsumerOffsets or TransactionState;

    /// <summary>
    /// Returns what is wrong with a name, with the rule; null if it is valid.
    /// </summary>
    internal static string? Problem(string name)
    {
        const string Rule = "use 1 to 249 characters of a-z, A-Z, 0-9, '.', '_' and '-'";
        return name switch
        {
            "" => $"The topic name is empty; {Rule}.",
            "." or ".." => $"The topic name '{name}' is forbidden; {Rule}.",
            _ when name.Length > MaxLength => $"The topic name '{name[..20]}…' has {name.Length} characters; {Rule}.",
            _ when name.FirstOrDefault(static c => !IsAllowed(c)) is char bad and not '\0' => $"The topic name '{name}' contains '{bad}'; {Rule}.",
            _ when name.Contains('\0') => $"The topic name contains a null character; {Rule}.",
            _ => null,
        };
    }

    /// <summary>
    /// Returns the name in metrics: names that differ only in '.' and '_' are equal there,
    /// and Kafka refuses the second one.
    /// </summary>
    internal static string InMetrics(string name) => name.Replace('.', '_');

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
}
