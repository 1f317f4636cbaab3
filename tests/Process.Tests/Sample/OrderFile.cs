using System.Globalization;
using System.Text.Json;

namespace ProcessTests.Sample;

/// <summary>Makes order files of which it is known what must become of every line.</summary>
internal sealed class OrderFile
{
    private OrderFile(IReadOnlyList<string> lines, IReadOnlyDictionary<string, long> billable, IReadOnlyDictionary<string, long> dead)
    {
        Lines = lines;
        Billable = billable;
        Dead = dead;
    }

    /// <summary>The lines.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>Orders that must be billed, with their line numbers.</summary>
    public IReadOnlyDictionary<string, long> Billable { get; }

    /// <summary>Orders that must be dead-lettered, with their line numbers.</summary>
    public IReadOnlyDictionary<string, long> Dead { get; }

    /// <summary>Lines that are orders, whatever becomes of them.</summary>
    public int OrderCount => Billable.Count + Dead.Count;

    public static OrderFile Make(int lineCount, Random random)
    {
        var lines = new List<string>(lineCount);
        var billable = new Dictionary<string, long>();
        var dead = new Dictionary<string, long>();
        for (int number = 1; number <= lineCount; number++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"o-{number:D5}");
            string? customer = $"c-{random.Next(20)}";
            int quantity = random.Next(1, 10);
            string sku = "lamp";
            string payment = "card";
            int kind = random.Next(100);
            switch (kind)
            {
                case 0:
                    lines.Add($"{{\"orderId\":\"{id}\",");
                    continue;
                case 1 or 2:
                    quantity = 0;
                    break;
                case 3:
                    customer = null;
                    break;
                case 4:
                    sku = "discontinued";
                    break;
                case 5 or 6:
                    payment = "slow";
                    break;
            }

            lines.Add(JsonSerializer.Serialize(new { orderId = id, customer, sku, quantity, price = 9.5, payment }));
            (kind is >= 1 and <= 4 ? dead : billable).Add(id, number);
        }

        return new OrderFile(lines, billable, dead);
    }

    public void Write(string path) => Write(path, Lines.Count);

    /// <summary>Writes the first lines.</summary>
    public void Write(string path, int lines) => File.WriteAllLines(path, Lines.Take(lines));
}
