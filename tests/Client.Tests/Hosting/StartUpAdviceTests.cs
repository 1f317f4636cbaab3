using System.Text.RegularExpressions;
using Client.Tests.Generators;
using Microsoft.Extensions.DependencyInjection;
using Zurau;
using Zurau.Hosting;
using Zurau.Listening;

namespace Client.Tests.Hosting;

/// <summary>Follows the advice of messages about listeners that cannot work together and methods that cannot be called.</summary>
public sealed class StartUpAdviceTests // N9
{
    [Fact]
    public void A_service_that_a_method_takes_is_registered()
    {
        Assert.Contains("which is not a registered service: register it", Refused<TakesLedger>(), StringComparison.Ordinal);
        Assert.Equal([typeof(Ledger)], Plan(services => services.AddSingleton<Ledger>(), typeof(TakesLedger)).ServiceTypes);
    }

    [Fact]
    public void A_value_that_follows_a_service_is_marked()
    {
        string message = Refused<ValueLast>(services => services.AddSingleton<Ledger>());
        Assert.Contains("takes a Order, which is not a registered service", message, StringComparison.Ordinal);
        Assert.Contains("mark the record's value with [Payload]", message, StringComparison.Ordinal);
        ListenerMethod method = Plan(services => services.AddSingleton<Ledger>(), typeof(MarkedValueLast));
        Assert.Equal(typeof(Order), method.ValueType);
        Assert.Equal([typeof(Ledger)], method.ServiceTypes);
    }

    [Fact]
    public void A_parameter_of_an_unregistered_type_gets_a_mark_that_the_message_names()
    {
        Assert.Equal(["[Key]"], Marks(Refused<ValueAndOrder>())); // A header cannot be read as an Order.
        Assert.Equal(typeof(Order), Plan(null, typeof(ValueAndKey)).KeyType);
        Assert.Equal(["[Header(\"name\")]", "[Key]"], Marks(Refused<ValueAndBytes>()));
        Assert.Empty(Plan(null, typeof(ValueAndHeader)).ServiceTypes);
        Assert.Equal(typeof(byte[]), Plan(null, typeof(ValueAndBytesKey)).KeyType);
    }

    [Fact]
    public void Listeners_of_one_id_get_an_id_of_their_own()
    {
        Assert.Contains("set Id in [KafkaListener]", Refused<SameId>(), StringComparison.Ordinal);
        Assert.Equal(2, Plans(null, null, typeof(OwnIds)).Count);
    }

    [Fact]
    public void Listeners_of_one_group_get_a_group_of_their_own()
    {
        string message = Refused<SameGroup>();
        Assert.Contains("give each a GroupId of its own", message, StringComparison.Ordinal);
        var options = new ZurauOptions();
        foreach (Match id in Regex.Matches(message[..message.IndexOf(" are both", StringComparison.Ordinal)], "'([^']+)'"))
        {
            options.Listeners[id.Groups[1].Value] = new ListenerOptions { GroupId = $"of-{id.Groups[1].Value}" };
        }

        Assert.Equal(["of-one", "of-two"], Plans(null, options, typeof(SameGroup)).Select(static listener => listener.Settings.GroupId).Order());
    }

    [Fact]
    public void Settings_of_a_listener_that_does_not_exist_are_moved_to_one_that_the_message_lists()
    {
        var own = new ListenerOptions { AutoStartup = false };
        string message = Refused<OwnIds>(null, new ZurauOptions { Listeners = { ["onne"] = own } });
        string[] ids = Regex.Match(message, "there are: (.+)\\.$").Groups[1].Value.Split(", ");
        Assert.Equal(["one", "two"], ids);
        IReadOnlyList<(ListenerMethod Method, ListenerSettings Settings)> plan = Plans(null, new ZurauOptions { Listeners = { [ids[0]] = own } }, typeof(OwnIds));
        Assert.Equal([false, true], plan.Select(static listener => listener.Settings.AutoStartup));
    }

    [Fact]
    public void Everything_that_a_message_about_a_parameter_allows_is_accepted()
    {
        string message = Refused<ByReference>();
        string[] allowed = Regex.Match(message, "allowed are (.+)\\.$").Groups[1].Value.Split(", ");
        Assert.Equal(["the value", "[Key]", "[Header]", "ConsumerRecord<,>", "Headers", "IAcknowledgment", "CancellationToken and services"], allowed);
        ListenerMethod method = Plan(services => services.AddSingleton<Ledger>(), typeof(Everything));
        Assert.Equal((typeof(Order), typeof(string), true), (method.ValueType, method.KeyType, method.TakesAcknowledgment));
    }

    [Fact]
    public void A_header_is_taken_as_each_type_that_the_message_names()
    {
        string message = Refused<OddHeader>();
        string[] types = Regex.Split(Regex.Match(message, "read from a header: take ([^;]+);").Groups[1].Value, ", | or ");
        ListenerMethod method = Plan(null, typeof(EveryHeader));
        Assert.Equal(["string", .. types], method.Signature.Trim('(', ')').Split(", "));
    }

    [Fact]
    public void A_second_text_gets_one_of_the_marks_that_the_message_names()
    {
        Assert.Equal(["[Header(\"name\")]", "[Key]"], Marks(Refused<TwoStrings>()));
        Assert.Equal(typeof(string), Plan(null, typeof(StringAndKey)).KeyType);
        Assert.Empty(Plan(null, typeof(StringAndHeader)).ServiceTypes);
        Assert.Equal(["[Key]"], Marks(Refused<StringAndDecimal>())); // A header cannot be read as a decimal.
        Assert.Equal(typeof(decimal), Plan(null, typeof(StringAndDecimalKey)).KeyType);
    }

    /// <summary>Returns the attributes that a message advises to mark the parameter with.</summary>
    private static string[] Marks(string message)
    {
        Match match = Regex.Match(message, "mark it with (\\[Header\\(\"name\"\\)\\])?(?: or )?(\\[Key\\])");
        Assert.True(match.Success, message);
        return [.. match.Groups.Values.Skip(1).Select(static group => group.Value).Where(static mark => mark.Length > 0)];
    }

    private static string Refused<THandler>(Action<IServiceCollection>? register = null, ZurauOptions? options = null) =>
        Assert.Throws<ConfigurationException>(() => Plans(register, options, typeof(THandler))).Message;

    private static ListenerMethod Plan(Action<IServiceCollection>? register, Type handler) => Assert.Single(Plans(register, null, handler)).Method;

    private static IReadOnlyList<(ListenerMethod Method, ListenerSettings Settings)> Plans(Action<IServiceCollection>? register, ZurauOptions? options, Type handler)
    {
        var services = new ServiceCollection();
        register?.Invoke(services);
        var registration = new ZurauRegistration(null);
        registration.AddHandler(handler);
        using ServiceProvider provider = services.BuildServiceProvider();
        return ListenerPlan.Make(registration, options ?? new ZurauOptions(), provider);
    }

    internal sealed class TakesLedger
    {
        [KafkaListener("t")]
        public void On(string value, Ledger ledger) => ledger.Lines.Add(value);
    }

    internal sealed class ValueLast
    {
        [KafkaListener("t")]
        public void On(Ledger ledger, Order order) => ledger.Lines.Add(order.Id);
    }

    internal sealed class MarkedValueLast
    {
        [KafkaListener("t")]
        public void On(Ledger ledger, [Payload] Order order) => ledger.Lines.Add(order.Id);
    }

    internal sealed class ValueAndOrder
    {
        [KafkaListener("t")]
        public void On(string value, Order order) => Assert.NotEqual(value, order.Id);
    }

    internal sealed class ValueAndKey
    {
        [KafkaListener("t")]
        public void On(string value, [Key] Order order) => Assert.NotEqual(value, order.Id);
    }

    internal sealed class ValueAndBytes
    {
        [KafkaListener("t")]
        public void On(string value, byte[] bytes) => Assert.NotEqual(value.Length, bytes.Length);
    }

    internal sealed class ValueAndHeader
    {
        [KafkaListener("t")]
        public void On(string value, [Header("name")] byte[] bytes) => Assert.NotEqual(value.Length, bytes.Length);
    }

    internal sealed class ValueAndBytesKey
    {
        [KafkaListener("t")]
        public void On(string value, [Key] byte[] bytes) => Assert.NotEqual(value.Length, bytes.Length);
    }

    internal sealed class SameId
    {
        [KafkaListener("t")]
        public void On(string value) => Assert.NotNull(value);

        [KafkaListener("u")]
        public void On(string value, Headers headers) => Assert.NotNull(headers);
    }

    internal sealed class OwnIds
    {
        [KafkaListener("t", Id = "one")]
        public void On(string value) => Assert.NotNull(value);

        [KafkaListener("u", Id = "two")]
        public void On(string value, Headers headers) => Assert.NotNull(headers);
    }

    internal sealed class SameGroup
    {
        [KafkaListener("t", Id = "one", GroupId = "g")]
        public void One(string value) => Assert.NotNull(value);

        [KafkaListener("u", Id = "two", GroupId = "g")]
        public void Two(string value) => Assert.NotNull(value);
    }

    internal sealed class Everything
    {
        [KafkaListener("t")]
        public void On([Payload] Order order, [Key] string key, [Header("h")] string header, ConsumerRecord<string, Order> record, Headers headers, IAcknowledgment ack, CancellationToken token, Ledger ledger) =>
            ledger.Lines.Add($"{order} {key} {header} {record} {headers} {ack} {token}");
    }

    internal sealed class EveryHeader
    {
        [KafkaListener("t")]
        public void On(
            string value,
            [Header("a")] string a,
            [Header("b")] int b,
            [Header("c")] long c,
            [Header("d")] short d,
            [Header("e")] Guid e,
            [Header("f")] DateTimeOffset f,
            [Header("g")] byte[] g) => Assert.NotNull($"{value} {a} {b} {c} {d} {e} {f} {g}");
    }

    internal sealed class StringAndKey
    {
        [KafkaListener("t")]
        public void On(string value, [Key] string other) => Assert.NotSame(value, other);
    }

    internal sealed class StringAndHeader
    {
        [KafkaListener("t")]
        public void On(string value, [Header("name")] string other) => Assert.NotSame(value, other);
    }

    internal sealed class StringAndDecimalKey
    {
        [KafkaListener("t")]
        public void On(string value, [Key] decimal other) => Assert.NotEqual(value.Length, other);
    }

#pragma warning disable ZU0003 // The analyzer refuses them too.
    internal sealed class ByReference
    {
        [KafkaListener("t")]
        public void On(ref string value) => value = "";
    }

    internal sealed class OddHeader
    {
        [KafkaListener("t")]
        public void On(string value, [Header("price")] decimal price) => Assert.NotEqual(value.Length, price);
    }

    internal sealed class TwoStrings
    {
        [KafkaListener("t")]
        public void On(string value, string other) => Assert.NotSame(value, other);
    }

    internal sealed class StringAndDecimal
    {
        [KafkaListener("t")]
        public void On(string value, decimal other) => Assert.NotEqual(value.Length, other);
    }
#pragma warning restore ZU0003
}
