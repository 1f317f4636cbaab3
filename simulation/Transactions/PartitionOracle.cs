namespace Zurau.Simulation;

/// <summary>
/// Computes from all batches and markers of a partition which batches are committed, and
/// the offset of the first open transaction. The engine keeps the same in an index and a
/// field.
/// </summary>
internal sealed class PartitionOracle
{
    private readonly Dictionary<AppendedBatch, BatchFate> _fates = [];

    internal PartitionOracle(PartitionModel partition, long start, long end)
    {
        Start = start;
        var open = new Dictionary<long, List<AppendedBatch>>();
        IEnumerable<(long Offset, AppendedBatch? Batch)> entries = partition.Known.Select(static batch => (batch.Offset, (AppendedBatch?)batch))
            .Concat(partition.Markers.Keys.Select(static offset => (offset, (AppendedBatch?)null)))
            .OrderBy(static entry => entry.Item1);
        foreach ((long offset, AppendedBatch? batch) in entries)
        {
            if (batch is null)
            {
                LogMarker marker = partition.Markers[offset];
                if (open.Remove(marker.ProducerId, out List<AppendedBatch>? ended))
                {
                    End(partition, ended, offset, marker);
                }
            }
            else if (batch.Transaction is null)
            {
                _fates[batch] = BatchFate.Committed;
            }
            else
            {
                Add(partition, open, batch);
            }
        }

        MayBeOpenBelowStart = partition.HasUnreadTransactions || open.Values.Any(IsDeleted);
        LastStableOffset = open.Values.Where(batches => !IsDeleted(batches)).Select(static batches => batches[0].Offset).Append(end).Min();
    }

    /// <summary>
    /// True if a transaction whose records were all deleted may be open. The last stable
    /// offset is then the log start, or <see cref="LastStableOffset"/>.
    /// </summary>
    internal bool MayBeOpenBelowStart { get; }

    /// <summary>
    /// The last stable offset, apart from transactions whose records were all deleted.
    /// </summary>
    internal long LastStableOffset { get; }

    internal long Start { get; }

    internal BatchFate FateOf(AppendedBatch batch) => _fates[batch];

    internal bool Has(AppendedBatch batch) => _fates.ContainsKey(batch);

    private bool IsDeleted(List<AppendedBatch> batches) => batches.TrueForAll(batch => batch.EndOffset <= Start);

    private void Add(PartitionModel partition, Dictionary<long, List<AppendedBatch>> open, AppendedBatch batch)
    {
        long producerId = batch.Producer!.ProducerId;
        if (!open.TryGetValue(producerId, out List<AppendedBatch>? batches))
        {
            open[producerId] = batches = [];
        }

        if (IsDeleted(batches) && batches.Count > 0 && batches[0].Transaction != batch.Transaction)
        {
            batches.Clear(); // Its marker may have been deleted before it was read.
        }

        if (batches.Count > 0 && batches[0].Transaction != batch.Transaction)
        {
            throw partition.Anomaly($"torn: {batch} of {batch.Transaction} is at offset {batch.Offset}, but no marker has ended {batches[0].Transaction}");
        }

        batches.Add(batch);
        _fates[batch] = BatchFate.Open;
    }

    private void End(PartitionModel partition, List<AppendedBatch> batches, long offset, LogMarker marker)
    {
        if (IsDeleted(batches))
        {
            return; // Its own marker may have been deleted before it was read.
        }

        SimTransaction transaction = batches[0].Transaction!;
        bool bumps = transaction.Client.Version == TransactionVersion.V2;
        bool isEpochRight = marker.Epoch == transaction.Epoch + 1
            || (marker.Epoch == transaction.Epoch && (!bumps || !marker.IsCommit))
            || (marker.Epoch > transaction.Epoch && !marker.IsCommit && transaction.SawPowerLoss);
        if (!isEpochRight)
        {
            throw partition.Anomaly($"{marker} at offset {offset} has the wrong epoch for {transaction}");
        }

        transaction.Resolve(marker.IsCommit, $"{marker} is at offset {offset} of partition {partition.Number}");
        batches.ForEach(batch => _fates[batch] = marker.IsCommit ? BatchFate.Committed : BatchFate.Aborted);
    }
}
