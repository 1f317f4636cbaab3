using System.Collections.Concurrent;
using CsCheck;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// What threads are answered at once is what they would be answered one after another,
/// in some order.
/// </summary>
public sealed class LinearizabilityTests
{
    private static readonly GenOperation<SharedLog, LogModel> s_append = Gen.Select(Gen.Int[1, 3], Gen.Int[0, 9]).Operation<SharedLog, LogModel>(
        static batch => $"append {batch.Item1} records of time {batch.Item2}",
        static (log, batch) => log.Append(batch.Item1, batch.Item2),
        static (log, batch) => log.Append(batch.Item1, batch.Item2));

    private static readonly GenOperation<SharedLog, LogModel> s_end = Gen.Operation<SharedLog, LogModel>(
        "list the end",
        static log => log.Do("end", static log => log.Timestamps.Find(ListedOffset.Latest, IsolationLevel.ReadUncommitted).Offset),
        static log => log.Answer("end", log.Times.Count));

    private static readonly GenOperation<SharedLog, LogModel> s_read = Gen.Int[0, 12].Operation<SharedLog, LogModel>(
        static offset => $"read offset {offset}",
        static (log, offset) => log.Do($"read {offset}", log => SharedLog.TimeOf(log, offset)),
        static (log, offset) => log.Answer($"read {offset}", log.TimeOf(offset)));

    // Not beside DeleteRecords: a lookup whose bound lies below a start that moves
    // meanwhile finds nothing, as in Kafka.
    private static readonly GenOperation<SharedLog, LogModel> s_find = Gen.Int[0, 9].Operation<SharedLog, LogModel>(
        static time => $"find time {time}",
        static (log, time) => log.Do($"find {time}", log => log.Timestamps.Find(time, IsolationLevel.ReadUncommitted).Offset),
        static (log, time) => log.Answer($"find {time}", log.Times.FindIndex(one => one >= time)));

    private static readonly GenOperation<SharedLog, LogModel> s_start = Gen.Operation<SharedLog, LogModel>(
        "list the start",
        static log => log.Do("start", static log => log.Timestamps.Find(ListedOffset.Earliest, IsolationLevel.ReadUncommitted).Offset),
        static log => log.Answer("start", log.Start));

    private static readonly GenOperation<SharedLog, LogModel> s_delete = Gen.Int[0, 12].Operation<SharedLog, LogModel>(
        static before => $"delete records before {before}",
        static (log, before) => log.Do($"delete {before}", log => log.DeleteRecords(before)),
        static (log, before) => log.Delete(before));

    [Fact]
    public void Appends_reads_and_lookups_of_a_log_have_an_order() => // L4 L12
        Property.IsLinearizable(static () => (new SharedLog(), new LogModel()), [s_append, s_end, s_read, s_find], static (log, model) => log.Matches(model), count: 300);

    [Fact]
    public void Appends_reads_and_deletions_of_a_log_have_an_order() =>
        Property.IsLinearizable(static () => (new SharedLog(), new LogModel()), [s_append, s_end, s_read, s_start, s_delete], static (log, model) => log.Matches(model), count: 300);

    [Fact]
    public void Batches_of_one_producer_from_many_threads_have_an_order() => // I8
        Property.IsLinearizable(
            static () => (new SharedLog(), new ProducersLog()),
            [
                Gen.Select(Gen.Int[0, 1], Gen.Int[0, 4], Gen.Int[1, 2]).Operation<SharedLog, ProducersLog>(
                    static batch => $"append epoch {batch.Item1}, sequence {batch.Item2}, {batch.Item3} records",
                    static (log, batch) => log.AppendOfProducer((short)batch.Item1, batch.Item2, batch.Item3),
                    static (log, batch) => log.Append((short)batch.Item1, batch.Item2, batch.Item3)),
            ],
            static (log, model) => log.Matches(model.Answers, 0, model.Producers.End),
            count: 300);

    /// <summary>A log that is opened by its first operation, and what it answered.</summary>
    private sealed class SharedLog : IDisposable
    {
        private readonly MemoryStorage _storage = new();
        private readonly Switches _switches = new();
        private readonly Lazy<PartitionLog> _log;
        private readonly ConcurrentBag<string> _answers = [];

        internal SharedLog() => _log = new Lazy<PartitionLog>(() => Logs.Open(_storage, new LogSettings { SegmentBytes = 400, IndexIntervalBytes = 1, Hooks = _switches }));

        public override string ToString() => $"{_log.Value.LogStartOffset} to {_log.Value.ReadEnd().Offset}: {string.Join(", ", _answers.Order(StringComparer.Ordinal))}";

        public void Dispose()
        {
            if (_log.IsValueCreated)
            {
                _log.Value.Release();
            }

            _storage.Dispose();
        }

        internal void Do(string operation, Func<PartitionLog, object> answer)
        {
            PartitionLog log = _log.Value;
            _switches.Enter();
            try
            {
                _answers.Add($"{operation}: {answer(log)}");
            }
            finally
            {
                _switches.Exit();
            }
        }

        internal void Append(int count, int time) =>
            Do($"append {count} {time}", log => Append(log, LogHistory.Batch([.. Enumerable.Repeat(((long)time, $"{time}"), count)])));

        internal void AppendOfProducer(short epoch, int sequence, int count) =>
            Do($"append {epoch} {sequence} {count}", log => Append(log, Batches.OfProducer(0, epoch, sequence, count)));

        internal static string TimeOf(PartitionLog log, int offset)
        {
            ErrorCode error = log.Reader.Read(offset, 1, null, out RecordLease? lease, out _);
            if (lease is null)
            {
                return error == ErrorCode.None ? "the end" : "out of range";
            }

            string value = Batches.Read(lease.Bytes.Span).Single(record => record.Offset == offset).Value;
            lease.Release();
            return value;
        }

        internal bool Matches(LogModel model) => Matches(model.Answers, model.Start, model.Times.Count);

        internal bool Matches(List<string> answers, long start, long end) =>
            _answers.Order(StringComparer.Ordinal).SequenceEqual(answers.Order(StringComparer.Ordinal)) && (_log.Value.LogStartOffset, _log.Value.ReadEnd().Offset) == (start, end);

        // An append is answered when all before it is published, too: its publisher may be another thread.
        private static string Append(PartitionLog log, byte[] batch)
        {
            Appended result = log.Append(batch);
            Assert.True(result.Error != ErrorCode.None || log.WhenPublished(result.EndOffset).AsTask().GetAwaiter().GetResult() == ErrorCode.None);
            return $"{result.Error} {result.BaseOffset}";
        }
    }

    /// <summary>
    /// While several operations are under way, one thread after another is held up at a
    /// step of the log until the others have done some steps, up to a dozen: operations are
    /// so short that threads seldom meet otherwise.
    /// </summary>
    private sealed class Switches : LogHooks
    {
        private const int Turns = 200; // The others may be done, or wait for this one.
        private int _running;
        private int _steps;
        private int _isHeld; // 1 while a thread is held up: the others run on meanwhile.

        internal void Enter()
        {
            Interlocked.Increment(ref _running);
            Thread.Yield();
        }

        internal void Exit() => Interlocked.Decrement(ref _running);

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            int step = Interlocked.Increment(ref _steps);
            int others = step * 5 % 13;
            if (others == 0 || Volatile.Read(ref _running) < 2 || Interlocked.Exchange(ref _isHeld, 1) == 1)
            {
                return;
            }

            for (int turn = 0; turn < Turns && Volatile.Read(ref _steps) - step < others && Volatile.Read(ref _running) > 1; turn++)
            {
                Thread.SpinWait(50);
                Thread.Yield();
            }

            Volatile.Write(ref _isHeld, 0);
        }

        internal override void Wait(LogPoint point)
        {
            Interlocked.Increment(ref _steps);
            base.Wait(point);
        }
    }

    private sealed class LogModel
    {
        internal List<int> Times { get; } = [];

        internal int Start { get; private set; }

        internal List<string> Answers { get; } = [];

        public override string ToString() => $"{Start} to {Times.Count}: {string.Join(", ", Answers.Order(StringComparer.Ordinal))}";

        internal void Answer(string operation, object answer) => Answers.Add($"{operation}: {answer}");

        internal void Append(int count, int time)
        {
            Answer($"append {count} {time}", $"{ErrorCode.None} {Times.Count}");
            Times.AddRange(Enumerable.Repeat(time, count));
        }

        internal void Delete(int before)
        {
            Answer($"delete {before}", before <= Times.Count);
            Start = before <= Times.Count ? Math.Max(Start, before) : Start;
        }

        internal string TimeOf(int offset) => offset < Start || offset > Times.Count ? "out of range" : offset == Times.Count ? "the end" : $"{Times[offset]}";
    }

    private sealed class ProducersLog
    {
        internal ProducersModel Producers { get; } = new();

        internal List<string> Answers { get; } = [];

        public override string ToString() => $"0 to {Producers.End}: {string.Join(", ", Answers.Order(StringComparer.Ordinal))}";

        internal void Append(short epoch, int sequence, int count)
        {
            (ErrorCode error, long offset) = Producers.Append(0, epoch, sequence, count);
            Answers.Add($"append {epoch} {sequence} {count}: {error} {offset}");
        }
    }
}
