using Zurau.Engine.Log;

namespace Engine.Tests.Log;

/// <summary>Senders that come back after a flush are flushed together.</summary>
public sealed class GroupCommitWaitTests
{
    [Fact]
    public void A_lone_sender_is_not_waited_for()
    {
        var wait = new GroupCommitWait(new StandingTime(), null);
        for (int i = 0; i < 3; i++)
        {
            wait.NoteJoined();
            wait.Wait();
            wait.NoteFlushed(1, 0);
        }
    }

    [Fact]
    public void A_flush_waits_until_as_many_have_come_back_as_the_last_one_answered()
    {
        var time = new StandingTime();
        var wait = new GroupCommitWait(time, null);
        wait.NoteJoined();
        wait.NoteJoined();
        time.Advance(TimeSpan.FromMicroseconds(200));
        wait.NoteFlushed(2, 0);
        wait.NoteJoined();
        var flusher = new Thread(wait.Wait) { IsBackground = true };
        flusher.Start();
        Assert.True(SpinWait.SpinUntil(() => time.Reads > 100, TimeSpan.FromSeconds(30)), "the flush did not wait");
        wait.NoteJoined();
        Assert.True(flusher.Join(TimeSpan.FromSeconds(30)), "the flush went on waiting");
    }

    [Fact]
    public void A_sender_that_does_not_return_is_awaited_for_half_of_a_flush()
    {
        var time = new StandingTime();
        var wait = new GroupCommitWait(time, null);
        wait.NoteJoined();
        wait.NoteJoined();
        time.Advance(TimeSpan.FromMicroseconds(200));
        wait.NoteFlushed(2, 0);
        wait.NoteJoined();
        time.Step = TimeSpan.FromMicroseconds(30);
        wait.Wait();
        Assert.Equal(200 + (5 * 30), time.GetElapsedTime(0).TotalMicroseconds - 30);
    }

    /// <summary>
    /// Time that advances only on a test's request, or by a step at each read.
    /// </summary>
    private sealed class StandingTime : TimeProvider
    {
        private long _ticks;
        private int _reads;

        internal TimeSpan Step { get; set; }

        internal int Reads => Volatile.Read(ref _reads);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        internal void Advance(TimeSpan time) => _ticks += time.Ticks;

        public override long GetTimestamp()
        {
            Interlocked.Increment(ref _reads);
            return _ticks += Step.Ticks;
        }
    }
}
