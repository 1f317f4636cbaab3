using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Zurau.Harness.Bench.Work;
using Zurau.Listening;

namespace Zurau.Harness.Bench.Micro;

/// <summary>
/// Measures one call of a handler with its services and parameters, by the generated and
/// by the reflected invoker.
/// </summary>
public class ListenerBenchmarks
{
    private readonly ListenerRecord _record = new()
    {
        TopicPartition = new TopicPartition("bench", 0),
        Offset = 0,
        LeaderEpoch = 0,
        TimestampType = TimestampType.CreateTime,
        TimestampMs = 0,
        Headers = [],
        Key = null,
        Value = new byte[100],
    };

    private RecordServices? _services;
    private RecordInvocation? _invocation;
    private ListenerInvoker? _generated;
    private ListenerInvoker? _reflected;

    /// <summary>Registers the handler.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        IServiceCollection registered = new ServiceCollection().AddSingleton(new HandledRecords(-1)).AddScoped<BenchHandler>();
        ListenerMethod method = ListenerCatalog.MethodsOf(typeof(BenchHandler))[0];
        _services = new RecordServices(new ListenerServices(registered.BuildServiceProvider(), registered), method);
        _invocation = new RecordInvocation(_services, "group");
        _generated = method.Invoker;
        _reflected = ReflectedListeners.Of(typeof(BenchHandler))[0].Invoker;
    }

    /// <summary>Calls the handler by the generated invoker.</summary>
    [Benchmark(Description = "handler invocation, generated")]
    public void Generated() => Invoke(_generated!);

    /// <summary>Calls the handler by the reflected invoker.</summary>
    [Benchmark(Description = "handler invocation, reflected")]
    public void Reflected() => Invoke(_reflected!);

    private void Invoke(ListenerInvoker invoker)
    {
        _invocation!.Begin(_record, null!, 1, CancellationToken.None);
        invoker(_invocation).GetAwaiter().GetResult();
        _services!.DisposeAsync().GetAwaiter().GetResult();
    }
}
