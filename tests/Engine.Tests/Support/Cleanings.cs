using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;

namespace Engine.Tests.Support;

/// <summary>Cleans logs without a broker.</summary>
internal static class Cleanings
{
    internal static CleanerSettings Default { get; } = new BrokerOptions().Cleaner(stepBytes: 4 * 1024 * 1024);

    /// <summary>Cleans what can be cleaned, whatever the dirty ratio is; returns up to where.</summary>
    internal static long Clean(this PartitionLog log, long nowMs, CleanerSettings? settings = null)
    {
        log.FlushSealed();
        using LogCleaning cleaning = log.BeginCleaning(nowMs, settings);
        while (!cleaning.IsDone)
        {
            using (log.Upkeep.Lock.Enter())
            {
                Assert.True(cleaning.Step(0));
            }
        }

        return log.Upkeep.CleanedOffset = cleaning.CleanedOffset;
    }

    internal static LogCleaning BeginCleaning(this PartitionLog log, long nowMs, CleanerSettings? settings = null) =>
        new(log.Upkeep, CleanableRange.Of(log.Upkeep, ExpiryTime.Exactly(nowMs)), settings ?? Default, new Random(1), nowMs, log.Upkeep.CopyProducers());
}
