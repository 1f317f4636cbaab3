using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>What was sent in transactions, and what became of it.</summary>
internal sealed class TransactionsModel
{
    private readonly Dictionary<TopicPartition, List<(string Value, Sent Transaction)>> _log = TransactionHistory.Orders.ToDictionary(static partition => partition, static _ => new List<(string, Sent)>());
    private readonly Sent?[] _open = new Sent?[TransactionHistory.Clients];
    private readonly Dictionary<(int Group, TopicPartition Partition), long> _offsets = [];
    private readonly Sent _plain = new() { IsCommitted = true };

    internal bool IsOpen(int i) => _open[i] is { IsUnknown: false };

    internal bool IsUnknown(int i) => _open[i] is { IsUnknown: true };

    internal void Send(int i, TopicPartition partition, string value) => _log[partition].Add((value, _open[i] ??= new Sent()));

    internal void SendOffset(int i, TopicPartition partition, long offset) => (_open[i] ??= new Sent()).Offsets[partition] = offset;

    internal void Plain(TopicPartition partition, string value) => _log[partition].Add((value, _plain));

    internal void End(int i, bool isCommit)
    {
        Sent open = _open[i]!;
        open.IsCommitted = isCommit;
        _open[i] = null;
        foreach ((TopicPartition partition, long offset) in open.Offsets.Where(_ => isCommit))
        {
            _offsets[(i, partition)] = offset;
        }
    }

    internal void Drop(int i) => _open[i] = null;

    internal void EndUnknown(int i, bool isCommit) => (_open[i]!.IsUnknown, _open[i]!.WantsCommit) = (true, isCommit);

    /// <summary>
    /// The log contains the actual outcome: every record and offset must match it.
    /// </summary>
    internal void Settle(BrokerLife life, int i)
    {
        Sent open = _open[i]!;
        HashSet<string> visible = [.. TransactionHistory.Orders.SelectMany(life.ReadCommitted)];
        bool[] seen = [.. _log.Values.SelectMany(static log => log).Where(record => record.Transaction == open).Select(record => visible.Contains(record.Value))];
        bool[] offsets = [.. open.Offsets.Select(offset => life.Broker.Groups.FetchOffsets($"group-{i}", [offset.Key], requireStable: true)[0].Committed?.Offset == offset.Value)];
        bool isCommitted = seen.Concat(offsets).FirstOrDefault();
        Assert.All(seen.Concat(offsets), one => Assert.Equal(isCommitted, one));
        Assert.True(open.WantsCommit || !isCommitted, "An abort became a commit.");
        End(i, isCommitted);
    }

    internal void CheckRead(BrokerLife life, TopicPartition partition, bool isSettled)
    {
        List<string> read = life.ReadCommitted(partition);
        string[] all = [.. _log[partition].Where(static record => record.Transaction.IsCommitted).Select(static record => record.Value)];
        Assert.Equal(isSettled ? all : all.Take(read.Count), read);
        long start = life.Broker.ListOffset(partition, ListedOffset.Earliest).Offset;
        long stable = life.Broker.ListOffset(partition, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset;
        long end = life.Broker.ListOffset(partition, ListedOffset.Latest).Offset;
        Assert.True(start <= stable && stable <= end, $"{start} <= {stable} <= {end}"); // L10
        Assert.True(!isSettled || stable == end, "A transaction hangs.");
    }

    internal void CheckOffsets(BrokerLife life)
    {
        foreach (((int group, TopicPartition partition), long offset) in _offsets)
        {
            Assert.Equal(offset, life.Broker.Groups.FetchOffsets($"group-{group}", [partition], requireStable: true)[0].Committed?.Offset);
        }
    }

    private sealed class Sent
    {
        internal bool IsCommitted { get; set; }

        internal bool IsUnknown { get; set; }

        internal bool WantsCommit { get; set; }

        internal Dictionary<TopicPartition, long> Offsets { get; } = [];
    }
}
