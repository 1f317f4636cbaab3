namespace Zurau.Simulation;

/// <summary>
/// The expected state of everything that a run appended, over all process runs.
/// </summary>
internal sealed class LogModel
{
    private readonly List<AppendedBatch> _appends = [];

    /// <param name="partitions">The number of partitions.</param>
    /// <param name="start">The log start offset of partition 0.</param>
    internal LogModel(int partitions, long start = 0)
    {
        Partitions = [.. Enumerable.Range(0, partitions).Select(number => new PartitionModel(number, _appends))];
        Partitions[0].BeginAt(start);
    }

    internal PartitionModel[] Partitions { get; }

    internal AppendedBatch Append(int partition, int run, int count, int valueBytes, long timestamp, ProducerStamp? producer = null)
    {
        var batch = new AppendedBatch(_appends.Count, partition, run, count, valueBytes, timestamp, producer);
        _appends.Add(batch);
        return batch;
    }

    /// <summary>
    /// Handles the end of a process run: its open appends get no response. A clean
    /// shutdown has made everything durable that was read since the last crash.
    /// </summary>
    internal void EndProcessRun(CrashKind crash)
    {
        foreach (AppendedBatch batch in _appends)
        {
            batch.State = batch.State == AppendState.Open ? AppendState.Unknown : batch.State;
        }

        foreach (PartitionModel partition in Partitions)
        {
            if (crash == CrashKind.None && partition.Crash == CrashKind.None)
            {
                partition.CloseClean(partition.PublishedEnd);
            }

            partition.Crash = partition.Crash > crash ? partition.Crash : crash;
        }
    }
}
