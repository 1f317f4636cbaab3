using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>The files of a log whose topic is deleted: its directory's name may belong to another log.</summary>
public sealed class AbandonedLogTests
{
    [Fact]
    public void The_name_of_a_deleted_topic_is_free_only_after_a_flush_in_progress()
    {
        using var storage = new MemoryStorage();
        var hooks = new AbandonDuringFlush();
        PartitionLog log = Logs.Open(storage, new LogSettings { Hooks = hooks });
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("a")).Error);
        hooks.Log = log;
        Assert.True(log.Flusher.FlushNow().IsOk);
        hooks.Abandoning!.Join();
        Assert.Equal(["flushed", "abandoned"], hooks.Events);
        log.Release();
    }

    /// <summary>Abandons the log on another thread while a flush is in progress, which continues when that thread waits or has returned.</summary>
    private sealed class AbandonDuringFlush : LogHooks
    {
        private readonly ManualResetEventSlim _continues = new();

        internal PartitionLog? Log { get; set; }

        internal Thread? Abandoning { get; private set; }

        internal List<string> Events { get; } = [];

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == LogPoint.FlushEndKnown && Log is { } log)
            {
                Abandoning = new Thread(() => Abandon(log));
                Abandoning.Start();
                _continues.Wait();
            }
            else if (point == LogPoint.FlushMoved)
            {
                Note("flushed");
            }
        }

        internal override void Wait(LogPoint point)
        {
            if (point == LogPoint.WaitFlush)
            {
                _continues.Set();
            }

            base.Wait(point);
        }

        private void Abandon(PartitionLog log)
        {
            Assert.True(log.Abandon().IsOk);
            Note("abandoned");
            _continues.Set();
        }

        private void Note(string what)
        {
            lock (Events)
            {
                Events.Add(what);
            }
        }
    }
}
