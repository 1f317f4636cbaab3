using System.Globalization;
using Spectre.Console;
using Zurau;

namespace Orders;

/// <summary>Prints the final tables.</summary>
internal static class Report
{
    public static void Print(RunSummary summary, RunCounters counters)
    {
        long publishedInAll = summary.Partitions.Where(partition => partition.Partition.Topic == "orders").Sum(partition => partition.Range.End);
        var table = new Table().RoundedBorder().AddColumn("orders");
        table.AddColumn("this run", column => column.RightAligned());
        table.AddColumn("all runs", column => column.RightAligned());
        table.AddRow("published", Number(counters.Published), Number(publishedInAll));
        table.AddRow("handled", Number(counters.Handled), Number(summary.BilledOrders));
        table.AddRow("dead-lettered", Number(counters.DeadLettered), Number(summary.DeadOrders));
        table.AddRow("retried", Number(counters.Retried), "");
        table.AddRow("delivered again", Number(counters.Again), "");
        table.AddRow("malformed lines", Number(counters.Malformed), "");
        table.AddRow("records per second", Number(RecordsPerSecond(summary, counters)), "");
        table.AddEmptyRow();
        table.AddRow("acks", summary.Acks.ToString().ToLowerInvariant(), "");
        table.Caption(summary.Acks == Acks.All
            ? "A kill or a power cut loses no published order. It may repeat orders that were handled after the last commit: they are marked 'again' and not charged twice."
            : $"With acks={summary.Acks.ToString().ToLowerInvariant()}, a power cut may lose published orders. A kill may repeat orders that were handled after the last commit: they are marked 'again' and not charged twice.");
        AnsiConsole.Write(table);

        var partitions = new Table().RoundedBorder().AddColumn("partition");
        foreach (string name in (string[])["start", "end", "committed", "lag"])
        {
            partitions.AddColumn(name, column => column.RightAligned());
        }

        foreach (PartitionLag partition in summary.Partitions)
        {
            partitions.AddRow(
                partition.Partition.ToString(),
                Number(partition.Range.Start),
                Number(partition.Range.End),
                partition.Committed is long committed ? Number(committed) : "none",
                Number(partition.Lag));
        }

        AnsiConsole.Write(partitions);
    }

    private static long RecordsPerSecond(RunSummary summary, RunCounters counters) =>
        (long)((counters.Handled + counters.DeadLettered) / Math.Max(0.001, summary.Elapsed.TotalSeconds));

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
