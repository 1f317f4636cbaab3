using Microsoft.Extensions.DependencyInjection;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>
/// Tests when a record has a DI scope, and that handlers cannot detect a missing one.
/// </summary>
public sealed class RecordServicesTests
{
    public static TheoryData<string, Type> WithScope => new()
    {
        { "a scoped dependency", typeof(TakesUnit) },
        { "a transient dependency", typeof(TakesTool) },
        { "the provider itself", typeof(TakesProvider) },
        { "a keyed dependency", typeof(TakesKeyed) },
        { "two constructors", typeof(TwoConstructors) },
        { "a handler that is disposed of", typeof(Disposed) },
        { "a scoped parameter", typeof(UnitParameter) },
    };

    [Fact]
    public async Task A_handler_of_singletons_is_made_for_each_record_without_a_scope()
    {
        await using var app = new App(typeof(Plain));
        var first = (Plain)app.HandleOne();
        var second = (Plain)app.HandleOne();

        Assert.NotSame(first, second);
        Assert.Same(app.Root.GetRequiredService<Ledger>(), first.Ledger);
        Assert.Same(first.Generic, second.Generic);
        Assert.Equal(0, app.Scopes);
    }

    [Theory]
    [MemberData(nameof(WithScope))]
    public async Task Each_record_has_a_scope_if_its_handler_can_detect_it(string what, Type handler)
    {
        Assert.NotEmpty(what);
        await using var app = new App(handler);
        object first = app.HandleOne();
        object second = app.HandleOne();

        Assert.NotSame(first, second);
        Assert.Equal(2, app.Scopes);
        Assert.All(app.Units, unit => Assert.True(unit.IsDisposed));
        Assert.True(first is not Disposed { IsDisposed: false });
    }

    [Fact]
    public async Task A_handler_that_is_registered_otherwise_is_what_was_registered()
    {
        var ledger = new Ledger();
        var own = new Plain(ledger, new Generic<int>());
        await using var singleton = new App(typeof(Plain), services => services.AddSingleton(ledger).AddSingleton(own));
        await using var factory = new App(typeof(Plain), services => services.AddSingleton(ledger).AddScoped(_ => own));

        Assert.Same(own, singleton.HandleOne());
        Assert.Equal(0, singleton.Scopes);
        Assert.Same(own, factory.HandleOne());
        Assert.Equal(1, factory.Scopes);
    }

    [Fact]
    public async Task A_later_registration_of_a_dependency_counts()
    {
        await using var app = new App(typeof(Plain), services => services.AddScoped<Generic<int>>());

        Assert.NotSame(((Plain)app.HandleOne()).Generic, ((Plain)app.HandleOne()).Generic);
        Assert.Equal(2, app.Scopes);
    }

    [Fact]
    public async Task A_record_to_a_plain_handler_costs_its_value_and_the_handler()
    {
        await using var app = new App(typeof(Plain));
        for (int i = 0; i < 100; i++)
        {
            app.Handle();
        }

        const int Calls = 1000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Calls; i++)
        {
            app.Handle();
        }

        double each = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Calls;
        const int Value = 128; // An array of 100 bytes.
        Assert.InRange(each, Value, Value + 96);
    }

    internal sealed class Plain(Ledger ledger, Generic<int> generic)
    {
        public Ledger Ledger => ledger;

        public Generic<int> Generic => generic;

        [KafkaListener("t", Id = "plain")]
        public void On(byte[] value) => ledger.Last = value is null ? null : this;
    }

    internal sealed class TakesUnit(Ledger ledger, Unit unit)
    {
        [KafkaListener("t", Id = "takes-unit")]
        public void On(byte[] value) => ledger.Last = unit.IsDisposed || value is null ? null : this;
    }

    internal sealed class TakesTool(Ledger ledger, Tool tool)
    {
        [KafkaListener("t", Id = "takes-tool")]
        public void On(byte[] value) => ledger.Last = tool is null || value is null ? null : this;
    }

    internal sealed class TakesProvider(Ledger ledger, IServiceProvider services)
    {
        [KafkaListener("t", Id = "takes-provider")]
        public void On(byte[] value) => ledger.Last = services.GetService<Unit>()!.IsDisposed || value is null ? null : this;
    }

    internal sealed class TakesKeyed(Ledger ledger, [FromKeyedServices("k")] Ledger keyed)
    {
        [KafkaListener("t", Id = "takes-keyed")]
        public void On(byte[] value) => ledger.Last = keyed == ledger || value is null ? null : this;
    }

    internal sealed class TwoConstructors(Ledger ledger, string text)
    {
        public TwoConstructors(Ledger ledger)
            : this(ledger, "")
        {
        }

        [KafkaListener("t", Id = "two-constructors")]
        public void On(byte[] value) => ledger.Last = text.Length > 0 || value is null ? null : this;
    }

    internal sealed class Disposed(Ledger ledger) : IDisposable
    {
        public bool IsDisposed { get; private set; }

        [KafkaListener("t", Id = "disposed")]
        public void On(byte[] value) => ledger.Last = IsDisposed || value is null ? null : this;

        public void Dispose() => IsDisposed = true;
    }

    internal sealed class UnitParameter(Ledger ledger)
    {
        [KafkaListener("t", Id = "unit-parameter")]
        public void On(byte[] value, Unit unit) => ledger.Last = unit.IsDisposed || value is null ? null : this;
    }

    internal sealed class Ledger
    {
        /// <summary>The handler that was called last.</summary>
        public object? Last { get; set; }
    }

    internal sealed class Generic<T>
    {
        public T? Value { get; set; }
    }

    internal sealed class Tool
    {
    }

    internal sealed class Unit : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    /// <summary>
    /// An application with one handler, which notes itself in the ledger when it is called.
    /// </summary>
    private sealed class App : IAsyncDisposable
    {
        private static readonly byte[] s_value = new byte[100];

        private readonly ServiceProvider _root;
        private readonly ListenerMethod _method;
        private readonly RecordServices _services;
        private readonly RecordInvocation _invocation;

        public App(Type handler, Action<IServiceCollection>? registerMore = null)
        {
            IServiceCollection registered = new ServiceCollection()
                .AddSingleton<Ledger>()
                .AddKeyedSingleton<Ledger>("k")
                .AddSingleton(typeof(Generic<>))
                .AddTransient<Tool>()
                .AddScoped(_ =>
                {
                    var unit = new Unit();
                    Units.Add(unit);
                    return unit;
                })
                .AddScoped(handler);
            registerMore?.Invoke(registered);
            _root = registered.BuildServiceProvider(validateScopes: true);
            _method = ListenerCatalog.MethodsOf(handler).Single();
            _services = new RecordServices(new ListenerServices(_root, registered), _method);
            _invocation = new RecordInvocation(_services, "g");
        }

        public IServiceProvider Root => _root;

        public List<Unit> Units { get; } = [];

        public int Scopes { get; private set; }

        public void Handle()
        {
            _invocation.Begin(
                new ListenerRecord
                {
                    TopicPartition = new TopicPartition("t", 0),
                    Offset = 0,
                    LeaderEpoch = 0,
                    TimestampType = TimestampType.CreateTime,
                    TimestampMs = 0,
                    Headers = Headers.Empty,
                    Key = null,
                    Value = s_value,
                },
                null!,
                1,
                CancellationToken.None);
            Assert.True(_method.Invoker(_invocation).IsCompletedSuccessfully);
            Scopes += _services.HasScope ? 1 : 0;
            Assert.True(_services.DisposeAsync().IsCompletedSuccessfully);
        }

        public object HandleOne()
        {
            Handle();
            return _root.GetRequiredService<Ledger>().Last!;
        }

        public ValueTask DisposeAsync() => _root.DisposeAsync();
    }
}
