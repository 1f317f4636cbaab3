using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Zurau.Harness.Bench.Work;
using Zurau.Listening;

namespace Zurau.Harness.Bench.Micro;

/// <summary>One call of a handler: scope, invocation, parameters, by the generated invoker and by the reflected one.</summary>
public class ListenerBenchmarks
{
    private readonly ConsumerRecord<byte[]?, byte[]?> _record = new("bench", 0, 0, null, new byte[100], [], DateTimeOffset.UnixEpoch, TimestampType.CreateTime);
    private ServiceProvider? _services;
    private ListenerInvoker? _generated;
    private ListenerInvoker? _reflected;

    /// <summary>Registers the handler.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _services = new ServiceCollection().AddSingleton(new HandledRecords(-1)).AddScoped<BenchHandler>().BuildServiceProvider();
        _generated = ListenerCatalog.MethodsOf(typeof(BenchHandler))[0].Invoker;
        _reflected = ReflectedListeners.Of(typeof(BenchHandler))[0].Invoker;
    }

    /// <summary>Calls by the generated invoker.</summary>
    [Benchmark(Description = "handler invocation, generated")]
    public void Generated() => Invoke(_generated!);

    /// <summary>Calls by the reflected invoker.</summary>
    [Benchmark(Description = "handler invocation, reflected")]
    public void Reflected() => Invoke(_reflected!);

    private void Invoke(ListenerInvoker invoker)
    {
        using IServiceScope scope = _services!.CreateScope();
        invoker(new RecordInvocation(_record, scope.ServiceProvider, null!, "group", 1, CancellationToken.None)).GetAwaiter().GetResult();
    }
}
