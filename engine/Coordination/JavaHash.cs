namespace Zurau.Engine.Coordination;

/// <summary>
/// Assigns groups and transactional ids to partitions of their internal topics, as
/// Kafka does.
/// </summary>
internal static class JavaHash
{
    internal static int Partition(string text, int partitions)
    {
        int hash = 0;
        foreach (char c in text)
        {
            hash = unchecked((31 * hash) + c);
        }

        // Java's Utils.abs: the value without a positive counterpart becomes 0.
        return (hash == int.MinValue ? 0 : Math.Abs(hash)) % partitions;
    }
}
