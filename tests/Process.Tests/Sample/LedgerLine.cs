using System.Text.Json;

namespace ProcessTests.Sample;

/// <summary>A line of one of the sample's ledgers, as far as the proof needs it.</summary>
internal sealed record LedgerLine(string? OrderId, string? Customer, long Line, int Partition, long Offset, bool Again)
{
    public static IReadOnlyList<LedgerLine> Read(string path) =>
        [.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<LedgerLine>(line, JsonSerializerOptions.Web)!)];
}
