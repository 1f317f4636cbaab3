using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Generators;

/// <summary>
/// What the source generator writes and what reflection finds are the same, in every
/// respect.
/// </summary>
public sealed class InvokerAgreementTests
{
    private static readonly ListenerRecord s_order = Record("k", """{"id":"o-1","amount":5}""", new Headers()
        .Add("text", "hällo")
        .Add("number", "1234")
        .Add("id", "0f8fad5b-d9cb-469f-a165-70867728950e")
        .Add("bytes", [1, 2, 255]));

    private static readonly ListenerRecord s_deadLetter = Record(null, """{"id":"o-2","amount":6}""", new Headers()
        .Add("number", [0, 0, 1, 0])
        .Add("kafka_dlt-exception-message", "boom")
        .Add("kafka_dlt-original-offset", [0, 0, 0, 0, 0, 0, 0, 9]));

    private static readonly ListenerRecord s_nulls = Record(null, null, new Headers());

    private static readonly ListenerRecord s_garbage = Record("k", "{", new Headers().Add("number", "x"));

    public static TheoryData<string> Ids => new(Generated().Select(method => method.Attribute.Id!));

    [Fact]
    public void Both_find_the_same_methods()
    {
        IReadOnlyList<ListenerMethod> reflected = ReflectedListeners.Of(typeof(EveryParameter));

        Assert.NotSame(reflected, Generated());
        Assert.Equal(10, reflected.Count);
        Assert.Equal(reflected.Select(Describe), Generated().Select(Describe));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task Both_call_the_method_with_the_same_arguments_or_fail_with_the_same_words(string id)
    {
        foreach (ListenerRecord record in new[] { s_order, s_deadLetter, s_nulls, s_garbage })
        {
            string generated = await CallAsync(Generated().Single(method => method.Attribute.Id == id), record);
            string reflected = await CallAsync(ReflectedListeners.Of(typeof(EveryParameter)).Single(method => method.Attribute.Id == id), record);
            Assert.Equal(reflected, generated);
        }
    }

    [Theory]
    [InlineData("plain", "Order { Id = o-1, Amount = 5 }")]
    [InlineData("task", """{"id":"o-1","amount":5}|k|True""")]
    [InlineData("record", "k|Order { Id = o-1, Amount = 5 }|t-2|7|4|True")]
    [InlineData("headers", "Order { Id = o-1, Amount = 5 }|hällo|1234|1234|0f8fad5b-d9cb-469f-a165-70867728950e|0102FF|null|null|7|none|0")]
    [InlineData("facts", "t|2|7|01/01/2026 00:00:00 +00:00|g|3|k|null|null")]
    [InlineData("missing", "ListenerBindingException: Header 'nowhere' is missing from t-2@7; make the parameter nullable, or give it a default value, if records may come without it.")]
    [InlineData("failing", "InvalidOperationException: o-1")]
    public async Task The_arguments_are_right(string id, string expected) =>
        Assert.Equal(expected, await CallAsync(Generated().Single(method => method.Attribute.Id == id), s_order));

    [Fact]
    public async Task Exception_and_original_headers_bind_the_form_that_is_there() =>
        Assert.Equal("t|2|7|01/01/2026 00:00:00 +00:00|g|3|null|boom|9", await CallAsync(Generated().Single(method => method.Attribute.Id == "facts"), s_deadLetter));

    [Fact]
    public async Task A_parameter_that_cannot_be_null_refuses_null() =>
        Assert.StartsWith(
            "ListenerBindingException: Parameter 'key' cannot be null",
            await CallAsync(Generated().Single(method => method.Attribute.Id == "notnull"), s_nulls),
            StringComparison.Ordinal);

    private static IReadOnlyList<ListenerMethod> Generated() => ListenerCatalog.MethodsOf(typeof(EveryParameter));

    private static ListenerRecord Record(string? key, string? value, Headers headers) => new()
    {
        TopicPartition = new TopicPartition("t", 2),
        Offset = 7,
        LeaderEpoch = 0,
        TimestampType = TimestampType.CreateTime,
        TimestampMs = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(),
        Headers = headers,
        Key = Bytes(key),
        Value = Bytes(value),
    };

    // Null stays null; as an expression it would become an empty memory.
    private static ReadOnlyMemory<byte>? Bytes(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private static string Describe(ListenerMethod method) => string.Join(
        " ",
        method.HandlerType,
        method.MethodName,
        method.Signature,
        string.Join(",", method.Attribute.Topics),
        method.Attribute.Id,
        method.Attribute.GroupId,
        method.Attribute.AckMode,
        method.Attribute.Concurrency,
        string.Join(",", method.Attribute.Properties),
        method.TakesAcknowledgment,
        method.ValueType,
        method.KeyType,
        string.Join(",", method.ServiceTypes));

    private static async Task<string> CallAsync(ListenerMethod method, ListenerRecord record)
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton<Ledger>()
            .AddKeyedSingleton<Ledger>("other")
            .AddScoped<EveryParameter>()
            .BuildServiceProvider();
        using var stop = new CancellationTokenSource();
        var acknowledgment = new Acknowledgment();
        var invocation = new RecordInvocation(services, "g");
        invocation.Begin(record, acknowledgment, attempt: 3, stop.Token);
        try
        {
            await method.Invoker(invocation);
            Assert.Equal(method.TakesAcknowledgment, acknowledgment.IsAcknowledged);
            return services.GetRequiredService<Ledger>().Lines.Single();
        }
        catch (Exception e) when (e is ListenerBindingException or SerializationException or InvalidOperationException)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private sealed class Acknowledgment : IAcknowledgment
    {
        public bool IsAcknowledged { get; private set; }

        public void Acknowledge() => IsAcknowledged = true;

        public ValueTask AcknowledgeAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public void Nack(TimeSpan delay) => throw new NotSupportedException();
    }
}
