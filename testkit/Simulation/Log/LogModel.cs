namespace Zurau.Testing.Simulation;

/// <summary>What is known of all that a run appended; it outlives the process's lives.</summary>
internal sealed class LogModel
{
    private readonly List<AppendedBatch> _appends = [];

    /// <param name="partitions">How many there are.</param>
    /// <param name="start">Where partition 0 begins.</param>
    internal LogModel(int partitions, long start = 0)
    {
        Partitions = [.. Enumerable.Range(0, partitions).Select(number => new PartitionModel(number, _appends))];
        Partitions[0].BeginAt(start);
    }

    internal PartitionModel[] Partitions { get; }

    internal AppendedBatch Append(int partition, int life, int count, int valueBytes, long timestamp, ProducerStamp? producer = null)
    {
        var batch = new AppendedBatch(_appends.Count, partition, life, count, valueBytes, timestamp, producer);
        _appends.Add(batch);
        return batch;
    }

    /// <summary>A life is over: nobody will hear any more of what it had under way. A clean end has put all on disk, of what was read since the crash before.</summary>
    internal void EndLife(CrashKind crash)
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
