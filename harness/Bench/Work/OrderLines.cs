using System.Text;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Creates values like those of most topics: JSON with words, numbers and identifiers.
/// </summary>
internal static class OrderLines
{
    private static readonly string[] s_words = ["express", "gift", "fragile", "backorder", "standard", "insured", "pickup", "priority"];

    /// <summary>
    /// Creates values of an exact size in bytes. The result is deterministic.
    /// </summary>
    internal static IReadOnlyList<byte[]> Make(int bytes, int count)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            string line = $"{{\"orderId\":\"{random.NextInt64():x16}\",\"customer\":{random.Next(1000, 9999)},\"quantity\":{random.Next(1, 20)},\"note\":\"";
            while (line.Length < bytes)
            {
                line += s_words[random.Next(s_words.Length)] + " ";
            }

            return Encoding.ASCII.GetBytes(line[..(bytes - 2)] + "\"}");
        })];
    }
}
