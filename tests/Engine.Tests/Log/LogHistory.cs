using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Does operations to a log and to a list, and compares what they answer after each.
/// </summary>
internal sealed class LogHistory : IDisposable
{
    private readonly MemoryStorage _storage = new();
    private readonly SegmentCache _cache;
    private readonly List<(long Timestamp, string Value)> _model = [];
    private long _start;
    private PartitionLog? _log;

    internal LogHistory(int openSegments, Layout layout)
    {
        _cache = new SegmentCache(openSegments);
        _log = Logs.Open(_storage, out _, layout.Settings, cache: _cache);
    }

    private PartitionLog Log => _log!;

    public void Dispose()
    {
        _log?.Release();
        _storage.Dispose();
    }

    internal void Do(Operation operation)
    {
        switch (operation)
        {
            case Append append:
                Do(append);
                break;
            case Read read:
                int from = (int)_start + (read.Skipped % (_model.Count - (int)_start + 1));
                Assert.Equal(_model.Skip(from).Select(static record => record.Value), Logs.ReadAll(Log, from, read.MaxBytes).Select(static record => record.Value));
                break;
            case FindTime find:
                int found = _model.FindIndex((int)_start, record => record.Timestamp >= find.Timestamp);
                Assert.Equal(found, Log.Timestamps.Find(find.Timestamp, IsolationLevel.ReadUncommitted).Offset);
                break;
            case Delete delete:
                long before = _start + (delete.Records % (_model.Count - _start + 2)); // Also one past the end, which is refused.
                Assert.Equal(before <= _model.Count, Log.DeleteRecords(before));
                _start = before <= _model.Count ? before : _start;
                break;
            case Reopen reopen:
                Do(reopen);
                break;
            default:
                Log.FlushSealed();
                break;
        }

        Assert.Equal((_start, _model.Count), (Log.LogStartOffset, Log.ReadEnd().Offset));
        Assert.True(Log.LogStartOffset <= Log.LastStableOffset && Log.LastStableOffset <= Log.ReadEnd().Offset);
    }

    private void Do(Append append)
    {
        (long Timestamp, string Value)[] records = [.. Enumerable.Range(0, append.Records)
            .Select(i => ((append.Timestamp + ((long)i * append.Step)) % 1000, $"{_model.Count + i}{new string('x', append.Padding)}"))];
        Appended result = Log.Append(Batch(records));
        Assert.Equal((ErrorCode.None, (long)_model.Count), (result.Error, result.BaseOffset));
        _model.AddRange(records);
        Assert.Equal(_model.Count, result.EndOffset);
    }

    private void Do(Reopen reopen)
    {
        PartitionLog closed = Log;
        _log = null;
        if (reopen.IsClean)
        {
            Assert.True(closed.Close().IsOk);
            Soundness.AssertClosed(_storage);
        }

        var inputs = new RecoveryInputs(reopen.IsClean, closed.RecoveryPoint, _start);
        closed.Release();
        _log = Logs.Open(_storage, out _, reopen.Layout.Settings, inputs, _cache);
    }

    internal static byte[] Batch(params (long Timestamp, string Value)[] records)
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + (records.Length * 128)]);
        foreach ((long timestamp, string value) in records)
        {
            builder.Append(timestamp, default, isKeyNull: true, Encoding.UTF8.GetBytes(value), isValueNull: false);
        }

        return builder.Build().ToArray();
    }

    internal sealed record Layout(int SegmentBytes, int IndexIntervalBytes, bool IsRolledByTime)
    {
        internal LogSettings Settings => new() { SegmentBytes = SegmentBytes, IndexIntervalBytes = IndexIntervalBytes, SegmentMs = IsRolledByTime ? 300 : long.MaxValue };
    }

    internal abstract record Operation;

    internal sealed record Append(int Records, int Timestamp, int Step, int Padding) : Operation;

    internal sealed record Read(int Skipped, int MaxBytes) : Operation;

    internal sealed record FindTime(int Timestamp) : Operation;

    internal sealed record Delete(int Records) : Operation;

    internal sealed record Reopen(bool IsClean, Layout Layout) : Operation;

    internal sealed record FlushSealed : Operation;
}
