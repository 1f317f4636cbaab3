using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>
/// A cleaner that lacks something, is slow or throws: what waits for it and what does
/// not.
/// </summary>
public sealed class CleanerTroubleTests : IAsyncDisposable
{
    private const int Backoff = 15_000;
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;
    private readonly Broker _broker;

    public CleanerTroubleTests()
    {
        _storage = new FaultyStorage(_memory);
        _pump = new SteppedPump(_time);
        _broker = Broker.Open(new BrokerSettings
        {
            Storage = new CheckedStorage(_storage),
            TimeProvider = _time,
            DutyPump = _pump,
            RandomSeed = 1,
            LogCleanerBackoffMs = Backoff,
            CleanerStepBytes = 4096,
        });
    }

    [Fact]
    public async Task A_want_of_descriptors_is_waited_for_longer_after_each_failure_and_never_set_aside()
    {
        Create("orders");
        await PutAsync("orders", 20, keys: 2);
        _storage.Creation = IoResult.TooManyOpenFiles;
        _pump.Advance(Backoff); // Fails, and is tried again after one back-off,
        _pump.Advance(Backoff); // fails, and is tried again after two.
        _storage.Creation = IoResult.Ok;
        Assert.Empty(_broker.UncleanablePartitions);
        _pump.Advance(Backoff);
        Assert.Equal(20, (await ValuesAsync("orders")).Count);
        _pump.Advance(Backoff);
        Assert.Equal(["18", "19"], await ValuesAsync("orders"));
    }

    [Fact]
    public async Task The_flush_of_a_cleaned_segment_blocks_no_caller()
    {
        Create("orders");
        await PutAsync("orders", 20, keys: 2);
        PartitionLog log = _broker.FindLog(new TopicPartition("orders", 0))!;
        var wasFree = new List<bool>();
        _storage.Flushing = path =>
        {
            if (path.EndsWith(".log.cleaned", StringComparison.Ordinal))
            {
                wasFree.Add(!wasFree.Contains(false) && Task.Run(() => log.Apply(log.Settings)).Wait(TimeSpan.FromSeconds(30))); // One failure is enough.
            }
        };
        _pump.Advance(Backoff);
        Assert.NotEmpty(wasFree);
        Assert.DoesNotContain(false, wasFree);
        Assert.Equal(["18", "19"], await ValuesAsync("orders"));
    }

    [Fact]
    public async Task A_cleaning_that_throws_what_it_must_not_is_set_aside_and_the_others_go_on()
    {
        Create("broken");
        Create("sound");
        await PutAsync("broken", 20, keys: 2);
        await PutAsync("sound", 20, keys: 2);
        _storage.Renaming = static to => _ = to.StartsWith("broken-0/", StringComparison.Ordinal) && to.EndsWith(".log.swap", StringComparison.Ordinal) ? throw new NotSupportedException(to) : 0;
        for (int i = 0; i < 7; i++)
        {
            _pump.Advance(Backoff);
        }

        Assert.Equal([new TopicPartition("broken", 0)], _broker.UncleanablePartitions.Keys);
        Assert.Equal(["18", "19"], await ValuesAsync("sound"));
        Assert.Equal(20, (await ValuesAsync("broken")).Count);
        Assert.Empty(Files("broken-0", ".cleaned"));
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _memory.Dispose();
    }

    /// <summary>A compacted topic whose segments hold one record each.</summary>
    private void Create(string topic) => Assert.True(_broker.CreateTopic(new NewTopic(topic, 1)
    {
        Configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "100" },
    }).IsSuccess);

    /// <summary>Puts numbers, and one record more, which is alone in the active segment.</summary>
    private async Task PutAsync(string topic, int count, int keys)
    {
        for (int i = 0; i <= count; i++)
        {
            (string key, string value) = i == count ? ("end", "end") : ($"k{i % keys}", $"{i}");
            var builder = new RecordBatchBuilder(new byte[200]);
            builder.Append(_time.NowMs, Encoding.UTF8.GetBytes(key), false, Encoding.UTF8.GetBytes(value), false);
            Assert.Equal(ErrorCode.None, (await _broker.AppendAsync(new TopicPartition(topic, 0), builder.Build(), Acks.Leader)).Error);
        }
    }

    private async Task<List<string>> ValuesAsync(string topic) =>
        [.. (await _broker.ReadAllAsync(new TopicPartition(topic, 0))).Select(static record => record.Value).Where(static value => value != "end")];

    private string[] Files(string folder, string suffix)
    {
        _memory.List(folder, out IReadOnlyList<string> names);
        return [.. names.Where(name => name.EndsWith(suffix, StringComparison.Ordinal))];
    }
}
