using System.Collections.Concurrent;
using CsCheck;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Tests;

namespace Engine.Tests.Log;

/// <summary>What threads are answered at once is what they would be answered one after another, in some order.</summary>
public sealed class LinearizabilityTests
{
    private static readonly GenOperation<SharedLog, LogModel> s_append = Gen.Select(Gen.Int[1, 3], Gen.Int[0, 9]).Operation<SharedLog, LogModel>(
        static batch => $"append {batch.Item1} records of time {batch.Item2}",
        static (log, batch) => log.Append(batch.Item1, batch.Item2),
        static (log, batch) => log.Append(batch.Item1, batch.Item2));

    private static readonly GenOperation<SharedLog, LogModel> s_end = Gen.Operation<SharedLog, LogModel>(
        "list the end",
        static log => log.Answer("end", TimestampLookup.Find(log.Log, ListedOffset.Latest, IsolationLevel.ReadUncommitted).Offset),
        static log => log.Answer("end", log.Times.Count));

    private static readonly GenOperation<SharedLog, LogModel> s_read = Gen.Int[0, 12].Operation<SharedLog, LogModel>(
        static offset => $"read offset {offset}",
        static (log, offset) => log.Answer($"read {offset}", log.TimeOf(offset)),
        static (log, offset) => log.Answer($"read {offset}", log.TimeOf(offset)));

    // Not beside DeleteRecords: a lookup whose bound lies below a start that moves meanwhile finds nothing, as in Kafka.
    private static readonly GenOperation<SharedLog, LogModel> s_find = Gen.Int[0, 9].Operation<SharedLog, LogModel>(
        static time => $"find time {time}",
        static (log, time) => log.Answer($"find {time}", TimestampLookup.Find(log.Log, time, IsolationLevel.ReadUncommitted).Offset),
        static (log, time) => log.Answer($"find {time}", log.Times.FindIndex(one => one >= time)));

    private static readonly GenOperation<SharedLog, LogModel> s_start = Gen.Operation<SharedLog, LogModel>(
        "list the start",
        static log => log.Answer("start", TimestampLookup.Find(log.Log, ListedOffset.Earliest, IsolationLevel.ReadUncommitted).Offset),
        static log => log.Answer("start", log.Start));

    private static readonly GenOperation<SharedLog, LogModel> s_delete = Gen.Int[0, 12].Operation<SharedLog, LogModel>(
        static before => $"delete records before {before}",
        static (log, before) => log.Answer($"delete {before}", log.Log.DeleteRecords(before)),
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
        private readonly Lazy<PartitionLog> _log;
        private readonly ConcurrentBag<string> _answers = [];

        internal SharedLog() => _log = new Lazy<PartitionLog>(() => Logs.Open(_storage, new LogSettings { SegmentBytes = 400, IndexIntervalBytes = 1 }));

        internal PartitionLog Log => _log.Value;

        public override string ToString() => $"{Log.LogStartOffset} to {Log.ReadEnd().Offset}: {string.Join(", ", _answers.Order(StringComparer.Ordinal))}";

        public void Dispose()
        {
            if (_log.IsValueCreated)
            {
                Log.Release();
            }

            _storage.Dispose();
        }

        internal void Answer(string operation, object answer) => _answers.Add($"{operation}: {answer}");

        internal void Append(int count, int time)
        {
            AppendResult result = Log.Append(LogHistory.Batch([.. Enumerable.Repeat(((long)time, $"{time}"), count)]), out long end);
            Published(end);
            Answer($"append {count} {time}", $"{result.Error} {result.BaseOffset}");
        }

        internal void AppendOfProducer(short epoch, int sequence, int count)
        {
            AppendResult result = Log.Append(Batches.OfProducer(0, epoch, sequence, count), out long end);
            if (result.Error == ErrorCode.None)
            {
                Published(end);
            }

            Answer($"append {epoch} {sequence} {count}", $"{result.Error} {result.BaseOffset}");
        }

        internal string TimeOf(int offset)
        {
            ErrorCode error = LogReader.Read(Log, offset, 1, null, out RecordLease? lease, out _);
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
            _answers.Order(StringComparer.Ordinal).SequenceEqual(answers.Order(StringComparer.Ordinal)) && (Log.LogStartOffset, Log.ReadEnd().Offset) == (start, end);

        // An append is answered when all before it is published, too: its publisher may be another thread.
        private void Published(long end) => Assert.Equal(ErrorCode.None, Log.WhenPublished(end).AsTask().GetAwaiter().GetResult());
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
