using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening.Support;

/// <summary>
/// One listener on the fake cluster, stepped by the test: no threads, no waiting. The
/// handler notes <c>handle:0@3</c> before it does what the test wants.
/// </summary>
internal sealed class ListenerBench : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();
    private ListenerLoop? _loop;

    public ListenerBench(Func<Call, ValueTask> handler, int partitions = 1, string topic = "t")
    {
        Topic = topic;
        Cluster = new FakeTransport(Time).AddTopic(topic, partitions);
        Method = new ListenerMethod
        {
            HandlerType = typeof(ListenerBench),
            MethodName = "Handle",
            Signature = "(string)",
            Attribute = new KafkaListenerAttribute(topic),
            TakesAcknowledgment = false,
            ValueType = typeof(string),
            KeyType = null,
            Invoker = invocation =>
            {
                var call = new Call(invocation);
                Cluster.Note($"handle:{call.Partition}@{call.Offset}");
                return handler(call);
            },
        };
        Settings = new ListenerSettings
        {
            Id = "test",
            Topics = [topic],
            GroupId = $"g-{topic}",
            AckMode = AckMode.Batch,
            OnExhausted = OnExhausted.DeadLetter,
            BackOffIntervalMs = 0,
            BackOffMaxRetries = 9,
            NotRetryableExceptions = [],
            DeadLetterSuffix = "-dlt",
            PollTimeout = TimeSpan.FromSeconds(5),
            ShutdownTimeout = TimeSpan.FromSeconds(10),
            AutoStartup = true,
            Consumer = new ConsumerOptions { GroupId = $"g-{topic}", AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false },
        };
        Counters = new ListenerCounters(Settings);
    }

    public string Topic { get; }

    public SteppedTime Time { get; } = new();

    public FakeTransport Cluster { get; }

    public ListenerMethod Method { get; init; }

    /// <summary>The method with a handler that only collects offsets.</summary>
    public ListenerMethod Collecting(List<long> offsets) => Method with
    {
        Invoker = invocation =>
        {
            offsets.Add(new Call(invocation).Offset);
            return default;
        },
    };

    public ListenerSettings Settings { get; set; }

    public ListenerCounters Counters { get; }

    public LogLines Log { get; } = new();

    public CancellationTokenSource Stop { get; } = new();

    public ListenerServices Services => new(_services);

    public FakeConsumer Consumer => Cluster.Consumers[^1];

    public ListenerLoop Loop
    {
        get
        {
            if (_loop is null)
            {
                _loop = new ListenerLoop(Method, Settings, Cluster, Services, Counters, Log);
                Assert.True(_loop.SubscribeAsync(CancellationToken.None).IsCompletedSuccessfully);
            }

            return _loop;
        }
    }

    /// <summary>
    /// What was handled and committed, in order: the part of a trace that tests compare.
    /// </summary>
    public IReadOnlyList<string> Trace =>
        [.. Cluster.Events.Where(e => e.StartsWith("handle:", StringComparison.Ordinal) || e.StartsWith("commit:", StringComparison.Ordinal))];

    public IReadOnlyList<string> Handled => [.. Trace.Where(e => e.StartsWith("handle:", StringComparison.Ordinal)).Select(e => e[7..])];

    /// <summary>The committed offset of a partition; null where nothing was committed.</summary>
    public long? Committed(int partition = 0) =>
        Cluster.Committed.TryGetValue((Settings.GroupId, new TopicPartition(Topic, partition)), out long offset) ? offset : null;

    /// <summary>Appends records k0=v0, k1=v1, … to a partition.</summary>
    public ListenerBench WithRecords(int count, int partition = 0)
    {
        for (int i = 0; i < count; i++)
        {
            Append($"k{i}", $"v{i}", partition);
        }

        return this;
    }

    public void Append(string? key, string? value, int partition = 0, Headers? headers = null) =>
        Cluster.Append(new TopicPartition(Topic, partition), Bytes(key), Bytes(value), headers);

    /// <summary>Polls until two polls in a row have found nothing.</summary>
    public async Task RunUntilIdleAsync()
    {
        int idle = 0;
        for (int polls = 0; idle < 2 && !Loop.HasGivenUp; polls++)
        {
            Assert.True(polls < 1000, $"the listener does not come to rest: {string.Join(" ", Cluster.Events.TakeLast(20))}");
            idle = await Loop.PollOnceAsync(TimeSpan.Zero, Stop.Token) == 0 ? idle + 1 : 0;
        }
    }

    /// <summary>Ends the listener as a stop does.</summary>
    public async Task StopAsync()
    {
        await Loop.DisposeAsync();
        _loop = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
        {
            await _loop.DisposeAsync();
        }

        await _services.DisposeAsync();
        Stop.Dispose();
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);
}
