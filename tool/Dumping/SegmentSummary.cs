using System.Globalization;
using Zurau.Engine.Records;
using Zurau.Inspection;

namespace Zurau.Tool.Dumping;

/// <summary>Sums up the batches of a segment, including damage.</summary>
internal sealed class SegmentSummary
{
    internal long Bytes { get; private set; }

    internal long Batches { get; private set; }

    internal long Records { get; private set; }

    internal long LastOffset { get; private set; } = -1;

    internal long MinTimestamp { get; private set; } = long.MaxValue;

    internal long MaxTimestamp { get; private set; } = -1;

    internal SortedSet<int> Epochs { get; } = [];

    /// <summary>Gets the damage; empty for none.</summary>
    internal string Damage { get; private set; } = "";

    /// <summary>Reads a segment from its beginning.</summary>
    internal static SegmentSummary Read(IDataFiles files, string path)
    {
        var summary = new SegmentSummary();
        using IDataFile? file = files.Open(path);
        if (file is null)
        {
            summary.Damage = "cannot be opened";
            return summary;
        }

        summary.Bytes = file.Length;
        var reader = new SegmentReader(file);
        try
        {
            BatchStatus status;
            long badChecksums = 0;
            while ((status = reader.Read(out RecordBatchView batch)) == BatchStatus.Batch)
            {
                badChecksums += batch.IsCrcValid() ? 0 : 1;
                summary.Add(batch);
            }

            summary.Damage = status switch
            {
                BatchStatus.Zeros => string.Create(CultureInfo.InvariantCulture, $"{file.Length - reader.Position} zero bytes after the last batch"),
                BatchStatus.Broken or BatchStatus.OldFormat => string.Create(CultureInfo.InvariantCulture, $"at byte {reader.Position}: {reader.Problem}"),
                _ => "",
            };
            summary.Damage += badChecksums == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {badChecksums} batches with a wrong checksum");
        }
        catch (IOException exception)
        {
            summary.Damage = string.Create(CultureInfo.InvariantCulture, $"at byte {reader.Position}: {exception.Message}");
        }

        return summary;
    }

    private void Add(RecordBatchView batch)
    {
        Batches++;
        Records += batch.RecordsCount;
        LastOffset = batch.LastOffset;
        MaxTimestamp = Math.Max(MaxTimestamp, batch.MaxTimestamp);
        Epochs.Add(batch.PartitionLeaderEpoch);

        // With a delete horizon, the base timestamp is the horizon; the base timestamp of
        // an emptied batch is -1.
        long first = (batch.Attributes & BatchAttributes.HasDeleteHorizon) != 0 || batch.BaseTimestamp < 0 ? batch.MaxTimestamp : Math.Min(batch.BaseTimestamp, batch.MaxTimestamp);
        MinTimestamp = Math.Min(MinTimestamp, first);
    }
}
