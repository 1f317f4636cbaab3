using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>A flusher serves every log, also while the flush of one takes long.</summary>
public sealed class FlushDutyTests
{
    [Fact]
    public async Task A_flusher_that_finds_another_flush_of_a_log_under_way_serves_the_others_and_comes_back() // S15
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog slow = Open(storage, "slow-0");
        PartitionLog other = Open(storage, "other-0");
        var pump = new SteppedPump(new SteppedTime());
        var duty = new FlushDuty(0, Logs.Health);
        duty.Start(pump);
        using var isFlushing = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        storage.Flushing = path =>
        {
            if (path.StartsWith("slow-0", StringComparison.Ordinal))
            {
                isFlushing.Set();
                mayEnd.Wait(TestContext.Current.CancellationToken);
            }
        };
        slow.Append(Batches.Of("before"));
        Task<IoResult> flush = Task.Factory.StartNew(slow.Flusher.FlushNow, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            isFlushing.Wait(TestContext.Current.CancellationToken);
            long slowEnd = slow.Append(Batches.Of("slow")).EndOffset;
            long otherEnd = other.Append(Batches.Of("served")).EndOffset;
            ValueTask<ErrorCode> slowDurable = duty.WhenDurable(slow.Flusher, slowEnd);
            ValueTask<ErrorCode> otherDurable = duty.WhenDurable(other.Flusher, otherEnd);
            Task step = Task.Factory.StartNew(pump.Step, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            Assert.Equal(ErrorCode.None, await otherDurable.AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            await step;
            Assert.False(slowDurable.IsCompleted);

            mayEnd.Set();
            Assert.True((await flush).IsOk);
            pump.Step();
            Assert.Equal(ErrorCode.None, await slowDurable);
            Assert.Equal(2, slow.Flusher.DurableEnd);
        }
        finally
        {
            mayEnd.Set();
        }

        slow.Release();
        other.Release();
    }

    private static PartitionLog Open(IStorage storage, string directory)
    {
        storage.CreateDirectory(directory);
        var settings = new LogSettings();
        RecoveredLog recovered = new LogRecovery(storage, directory, settings, RecoveryInputs.None, TimeProvider.System, NullLogger.Instance).Open();
        return new PartitionLog(new LogContext(storage, new TopicPartition(directory[..^2], 0), directory, settings, TimeProvider.System), recovered);
    }
}
