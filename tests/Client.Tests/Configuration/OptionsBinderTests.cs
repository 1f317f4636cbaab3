using Microsoft.Extensions.Configuration;
using Zurau;
using Zurau.Engine;

namespace Client.Tests.Configuration;

public class OptionsBinderTests
{
    [Theory]
    [InlineData("bootstrap.servers", "producer:linger.ms", "Consumer:auto.offset.reset")]
    [InlineData("BootstrapServers", "Producer:LingerMs", "consumer:AutoOffsetReset")]
    [InlineData("BOOTSTRAP_SERVERS", "PRODUCER:LINGER_MS", "CONSUMER:AUTO_OFFSET_RESET")]
    [InlineData("bootstrap-servers", "Producer:linger-ms", "Consumer:auto-offset-reset")]
    public void Keys_match_ignoring_case_dots_dashes_and_underscores(string servers, string linger, string reset)
    {
        ZurauOptions options = Bind((servers, "embedded::memory:"), (linger, "17"), (reset, "earliest"));
        Assert.Equal(("embedded::memory:", 17, AutoOffsetReset.Earliest), (options.BootstrapServers, options.Producer.LingerMs, options.Consumer.AutoOffsetReset));
    }

    [Theory]
    [InlineData("all", Acks.All)]
    [InlineData("-1", Acks.All)]
    [InlineData("ALL", Acks.All)]
    [InlineData("1", Acks.Leader)]
    [InlineData("0", Acks.None)]
    public void Acks_are_spelled_as_in_kafka(string spelling, Acks acks) => Assert.Equal(acks, Bind(("Producer:acks", spelling)).Producer.Acks);

    [Theory]
    [InlineData("MANUAL_IMMEDIATE", AckMode.ManualImmediate)]
    [InlineData("ManualImmediate", AckMode.ManualImmediate)]
    [InlineData("record", AckMode.Record)]
    public void Ack_modes_are_spelled_as_in_spring_or_in_csharp(string spelling, AckMode mode) =>
        Assert.Equal(mode, Bind(("Listener:ack.mode", spelling)).Listener.AckMode);

    [Theory]
    [InlineData("read_committed", IsolationLevel.ReadCommitted)]
    [InlineData("READ_UNCOMMITTED", IsolationLevel.ReadUncommitted)]
    public void Isolation_levels_are_spelled_as_in_kafka(string spelling, IsolationLevel level) =>
        Assert.Equal(level, Bind(("Consumer:isolation.level", spelling)).Consumer.IsolationLevel);

    [Fact]
    public void Every_section_is_filled()
    {
        ZurauOptions options = Bind(
            ("client.id", "shop"),
            ("Producer:buffer.memory", "5000000000"),
            ("Producer:enable.idempotence", "False"),
            ("Consumer:max.poll.records", "50"),
            ("Listener:BackOffIntervalMs", "100"),
            ("Listeners:billing:GroupId", "billing-2"),
            ("Listeners:billing:Topics:0", "orders"),
            ("Listeners:billing:Topics:1", "payments"),
            ("Listeners:billing:Properties:max.poll.records", "5"),
            ("Listeners:billing:on.exhausted", "dead_letter"),
            ("Listeners:audit:topics", "orders, payments"),
            ("Topics:0:Name", "orders"),
            ("Topics:0:Partitions", "3"),
            ("Topics:0:Configs:segment.bytes", "1048576"),
            ("Topics:payments:ReplicationFactor", "3"),
            ("Topics:2", "refunds"),
            ("Admin:AutoCreate", "false"),
            ("Embedded:num.partitions", "4"));
        Assert.Equal(("shop", 5_000_000_000, 50, 100), (options.ClientId, options.Producer.BufferMemory, options.Consumer.MaxPollRecords, options.Listener.BackOffIntervalMs));
        ListenerOptions billing = options.Listeners["BILLING"];
        Assert.Equal(("billing-2", OnExhausted.DeadLetter, "5"), (billing.GroupId, billing.OnExhausted, billing.Properties["max.poll.records"]));
        Assert.Equal(["orders", "payments"], billing.Topics!);
        Assert.Equal(["orders", "payments"], options.Listeners["audit"].Topics!);
        Assert.Equal([("orders", 3, -1), ("refunds", -1, -1), ("payments", -1, 3)], options.Topics.Select(topic => (topic.Name, topic.Partitions, (int)topic.ReplicationFactor)));
        Assert.Equal("1048576", options.Topics[0].Configs["segment.bytes"]);
        Assert.Equal((false, 4), (options.Admin.AutoCreate, options.Embedded.NumPartitions));
    }

    [Theory]
    [InlineData("Producer:lingr.ms", "unknown setting 'Kafka:Producer:lingr.ms'; did you mean 'linger.ms'?")]
    [InlineData("linger.ms", "unknown setting 'Kafka:linger.ms'; did you mean 'Producer:linger.ms'?")]
    [InlineData("Consumer:linger.ms", "unknown setting 'Kafka:Consumer:linger.ms'; did you mean 'Producer:linger.ms'?")]
    [InlineData("Producr:acks", "unknown setting 'Kafka:Producr'; did you mean 'Producer'?")]
    [InlineData("bootstrap.server", "unknown setting 'Kafka:bootstrap.server'; did you mean 'bootstrap.servers'?")]
    [InlineData("Listeners:billing:Properties:max.pol.records", "unknown setting 'Kafka:Listeners:billing:Properties:max.pol.records'; did you mean 'max.poll.records'?")]
    [InlineData("Admin:zzzzzzzzzz", "unknown setting 'Kafka:Admin:zzzzzzzzzz'; known here: auto.create")]
    public void An_unknown_key_is_refused_with_the_nearest_known_one(string key, string message) =>
        Assert.Equal(message, Assert.Throws<ConfigurationException>(() => Bind((key, "1"))).Message);

    [Theory]
    [InlineData("Producer:acks", "2", "setting 'Kafka:Producer:acks' is '2'; all, -1, 1 or 0 is expected")]
    [InlineData("Producer:linger.ms", "five", "setting 'Kafka:Producer:linger.ms' is 'five'; a whole number of 0 or more is expected")]
    [InlineData("Producer:linger.ms", "", "setting 'Kafka:Producer:linger.ms' is ''; a whole number of 0 or more is expected")]
    [InlineData("Producer:linger.ms:x", "1", "setting 'Kafka:Producer:linger.ms' is a section; a whole number of 0 or more is expected")]
    [InlineData("Consumer:check.crcs", "yes", "setting 'Kafka:Consumer:check.crcs' is 'yes'; true or false is expected")]
    [InlineData("Consumer:auto.offset.reset", "first", "setting 'Kafka:Consumer:auto.offset.reset' is 'first'; latest, earliest, none or by_duration:PT1H is expected")]
    [InlineData(
        "Consumer:isolation.level",
        "committed",
        "setting 'Kafka:Consumer:isolation.level' is 'committed'; read_uncommitted or read_committed is expected")]
    public void A_value_that_cannot_be_read_is_refused_with_what_is_allowed(string key, string value, string message) =>
        Assert.Equal(message, Assert.Throws<ConfigurationException>(() => Bind((key, value))).Message);

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_one_line_each()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Bind(("Producer:acks", "2"), ("Consumr", "1"), ("client.id", "fine")));
        Assert.Equal(2, error.Message.Split('\n').Length);
    }

    [Fact]
    public void Plain_pairs_fill_options_too()
    {
        var options = new ZurauOptions();
        OptionsBinder.Bind(new Dictionary<string, string?> { ["bootstrap.servers"] = "embedded:x", ["Producer:acks"] = "1", ["Producer:batch.size"] = null }, options);
        Assert.Equal(("embedded:x", Acks.Leader, 16384), (options.BootstrapServers, options.Producer.Acks, options.Producer.BatchSize));
    }

    [Fact]
    public void Overrides_are_laid_over_a_copy()
    {
        var options = new ConsumerOptions { MaxPollRecords = 500, GroupId = "billing" };
        ConsumerOptions copy = OptionsBinder.Override(options, new Dictionary<string, string> { ["max.poll.records"] = "50" }, "listener 'billing'");
        Assert.Equal((500, 50, "billing"), (options.MaxPollRecords, copy.MaxPollRecords, copy.GroupId));
        Assert.Equal(
            "unknown setting 'listener 'billing':max.records'; did you mean 'max.poll.records'?",
            Assert.Throws<ConfigurationException>(() => OptionsBinder.Override(options, [new("max.records", "1")], "listener 'billing'")).Message);
        Assert.Equal(
            "setting 'x:max.poll.records' is '0'; a whole number of 1 or more is expected",
            Assert.Throws<ConfigurationException>(() => OptionsBinder.Override(options, [new("max.poll.records", "0")], "x")).Message);
        Assert.Equal(0, OptionsBinder.Override(new ProducerOptions(), [new("linger.ms", "0")], "x").LingerMs);
    }

    [Fact]
    public void Defaults_pass_the_validation_and_ranges_are_checked_by_kafkas_names()
    {
        OptionsValidator.ThrowIfInvalid(new ZurauOptions());
        var options = new ZurauOptions
        {
            BootstrapServers = " ",
            Producer = new ProducerOptions { BatchSize = -1, LingerMs = 10, DeliveryTimeoutMs = 5, BufferMemory = 0, Acks = (Acks)7 },
            Consumer = new ConsumerOptions { MaxPollRecords = 0, GroupId = "", IsolationLevel = (IsolationLevel)5 },
            Topics = [new TopicOptions(), new TopicOptions { Name = "a", Partitions = 0 }, new TopicOptions { Name = "a" }],
            Embedded = new BrokerOptions { CompressionType = "lzma", LogCleanupPolicy = "", LogCleanerMinCleanableRatio = 1.5, LogCleanerMinCompactionLagMs = 9, LogCleanerMaxCompactionLagMs = 8 },
        };
        options.Listeners["billing"] = new ListenerOptions { Concurrency = 0, BackOffMaxRetries = -2, DeadLetterSuffix = "" };
        string[] errors = Assert.Throws<ConfigurationException>(() => OptionsValidator.ThrowIfInvalid(options)).Message.Split('\n');
        string[] expected =
        [
            "bootstrap.servers is empty", "acks=7: all, -1, 1 or 0", "batch.size=-1: a whole number of 0 or more", "buffer.memory=0", "delivery.timeout.ms=5",
            "group.id is empty", "isolation.level=5", "max.poll.records=0",
            "compression.type=lzma: producer, uncompressed, gzip, snappy, lz4 or zstd", "log.cleanup.policy=: one or more of compact, delete",
            "log.cleaner.min.cleanable.ratio=1.5: a number from 0 to 1", "log.cleaner.min.compaction.lag.ms=9: at most log.cleaner.max.compaction.lag.ms=8",
            "Listeners:billing:concurrency=0", "Listeners:billing:back.off.max.retries=-2",
            "Listeners:billing:dead.letter.suffix is empty",
            "Topics: a topic has no name", "Topics:a:partitions=0", "Topics: 'a' is there twice",
        ];
        Assert.Equal(expected.Length, errors.Length);
        Assert.All(expected.Zip(errors), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("allow.any.file.system", true)]
    [InlineData("AllowAnyFileSystem", true)]
    [InlineData("num.partitions", false)]
    public void The_setting_that_an_error_about_the_file_system_names_reaches_the_data_directory(string key, bool isAllowed) // N1, N9
    {
        ZurauOptions options = Bind(($"Embedded:{key}", isAllowed ? "true" : "1"));
        Assert.Equal(isAllowed, Zurau.Embedded.EmbeddedTransport.StorageOf("data", options).AllowsAnyFileSystem);
    }

    [Fact]
    public void Settings_of_transactions_are_read_and_what_makes_no_sense_is_refused_by_kafkas_names()
    {
        BrokerOptions embedded = Bind(
            ("Embedded:transaction.max.timeout.ms", "5000"),
            ("Embedded:TransactionalIdExpirationMs", "6000"),
            ("Embedded:transaction.state.log.num.partitions", "7"),
            ("Embedded:transaction.state.log.segment.bytes", "8000000"),
            ("Embedded:producer.id.expiration.ms", "9000"),
            ("Embedded:transaction.abort.timed.out.transaction.cleanup.interval.ms", "10"),
            ("Embedded:transaction.remove.expired.transaction.cleanup.interval.ms", "11")).Embedded;
        Assert.Equal(
            (5000, 6000L, 7, 8_000_000, 9000L, 10, 11),
            (embedded.TransactionMaxTimeoutMs, embedded.TransactionalIdExpirationMs, embedded.TransactionStateLogNumPartitions, embedded.TransactionStateLogSegmentBytes, embedded.ProducerIdExpirationMs, embedded.TransactionAbortTimedOutTransactionCleanupIntervalMs, embedded.TransactionRemoveExpiredTransactionCleanupIntervalMs));
        var options = new ZurauOptions
        {
            Producer = new ProducerOptions { TransactionalId = "billing", TransactionTimeoutMs = 7 },
            Embedded = new BrokerOptions { TransactionMaxTimeoutMs = 6, TransactionStateLogNumPartitions = 0, TransactionStateLogSegmentBytes = 1, TransactionalIdExpirationMs = 0 },
        };
        Assert.Equal(
            [
                "transactional.id.expiration.ms=0: a whole number of 1 or more is expected",
                "transaction.state.log.num.partitions=0: a whole number of 1 or more is expected",
                "transaction.state.log.segment.bytes=1: a whole number of 1048576 or more is expected",
                "transaction.timeout.ms=7: at most Embedded:transaction.max.timeout.ms=6 is expected",
            ],
            Assert.Throws<ConfigurationException>(() => OptionsValidator.ThrowIfInvalid(options)).Message.Split('\n'));
    }

    private static ZurauOptions Bind(params (string Key, string Value)[] settings)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Kafka:{setting.Key}", (string?)setting.Value)))
            .Build();
        var options = new ZurauOptions();
        OptionsBinder.Bind(configuration.GetSection("Kafka"), options);
        return options;
    }
}
