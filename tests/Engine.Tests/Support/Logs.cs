using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Support;

/// <summary>Opens logs without a broker.</summary>
internal static class Logs
{
    internal const string Directory = "orders-0";

    /// <summary>Where duties without a broker report.</summary>
    internal static HealthLog Health => new(TimeProvider.System, NullLogger.Instance);

    internal static PartitionLog Open(IStorage storage, LogSettings? settings = null, RecoveryInputs? inputs = null) => Open(storage, out _, settings, inputs);

    internal static PartitionLog Open(IStorage storage, out RecoveredLog recovered, LogSettings? settings = null, RecoveryInputs? inputs = null, SegmentCache? cache = null)
    {
        storage.CreateDirectory(Directory);
        settings ??= new LogSettings();
        recovered = new LogRecovery(storage, Directory, settings, inputs ?? RecoveryInputs.None, TimeProvider.System, NullLogger.Instance).Open();
        return new PartitionLog(new LogContext(storage, new TopicPartition("orders", 0), Directory, settings, TimeProvider.System) { SegmentCache = cache }, recovered);
    }

    internal static PartitionLog Open(IStorage storage, LogSettings settings, TimeProvider time, PrefaultDuty prefault)
    {
        storage.CreateDirectory(Directory);
        RecoveredLog recovered = new LogRecovery(storage, Directory, settings, RecoveryInputs.None, time, NullLogger.Instance).Open();
        return new PartitionLog(new LogContext(storage, new TopicPartition("orders", 0), Directory, settings, time), recovered, prefault);
    }

    internal static List<(long Offset, string Value)> ReadAll(PartitionLog log, long from = 0, int maxBytes = 1 << 20)
    {
        var records = new List<(long Offset, string Value)>();
        long offset = from;
        while (log.Reader.Read(offset, maxBytes, null, out RecordLease? lease, out _) == ErrorCode.None && lease is not null)
        {
            List<(long Offset, string Value)> read = Batches.Read(lease.Bytes.Span);
            lease.Release();
            records.AddRange(read.Where(record => record.Offset >= offset));
            offset = read[^1].Offset + 1;
        }

        return records;
    }
}
