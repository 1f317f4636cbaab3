using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Embedded.Consuming;
using Zurau.Embedded.Producing;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;
using Zurau.Transport;

namespace Zurau.Embedded;

/// <summary>
/// The connection to a log engine in this very process. Owns the engine: disposing closes it cleanly. Thread-safe; a directory can be
/// open once, in one process.
/// </summary>
public sealed partial class EmbeddedTransport : IKafkaTransport
{
    private readonly Broker _broker;
    private readonly EmbeddedTopics _topics;
    private readonly ILogger _consumerLogger;
    private IDisposable? _ownedStorage; // Memory that was made for this transport alone.

    private EmbeddedTransport(Broker broker, string description, ILoggerFactory loggerFactory)
    {
        _broker = broker;
        Description = description;
        ILogger logger = loggerFactory.CreateLogger("Zurau.Embedded");
        _consumerLogger = loggerFactory.CreateLogger("Zurau.Consumer");
        _topics = new EmbeddedTopics(broker, logger);
        BatchLog = new EmbeddedBatchLog(broker, _topics);
        Admin = new EmbeddedAdmin(broker, _topics, logger);
        LogOpened(logger, description);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public TimeProvider TimeProvider => _broker.TimeProvider;

    /// <inheritdoc/>
    public IKafkaAdmin Admin { get; }

    internal IDutyPump DutyPump => _broker.DutyPump;

    internal EmbeddedBatchLog BatchLog { get; }

    internal static FileStorage StorageOf(string directory, ZurauOptions options) => new(directory, options.Embedded.AllowAnyFileSystem);

    /// <summary>Opens the engine that <c>bootstrap.servers</c> names: a directory, relative to the working directory, or memory.</summary>
    /// <exception cref="ConfigurationException">The setting names no embedded engine.</exception>
    /// <exception cref="StorageException">The directory cannot be used, or is open already.</exception>
    public static EmbeddedTransport Open(ZurauOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        string? directory = BootstrapServers.Directory(options.BootstrapServers);
        if (directory is not null)
        {
            return Open(StorageOf(directory, options), options, loggerFactory, timeProvider);
        }

        var memory = new MemoryStorage();
        try
        {
            EmbeddedTransport transport = Open(memory, options, loggerFactory, timeProvider);
            transport._ownedStorage = memory;
            return transport;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Opens the engine over a storage of the caller's, which tests and simulators make.</summary>
    /// <param name="storage">Where the files are.</param>
    /// <param name="options">The broker's settings are taken from <see cref="ZurauOptions.Embedded"/>.</param>
    /// <param name="loggerFactory">Where engine and client log.</param>
    /// <param name="timeProvider">The clock of engine and client.</param>
    /// <param name="dutyPump">Runs background work; null starts threads.</param>
    /// <exception cref="StorageException">The storage cannot be used, or is open already.</exception>
    public static EmbeddedTransport Open(
        IStorage storage,
        ZurauOptions options,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null,
        IDutyPump? dutyPump = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(options);
        loggerFactory ??= NullLoggerFactory.Instance;
        var broker = Broker.Open(new BrokerSettings(options.Embedded)
        {
            Storage = storage,
            TimeProvider = timeProvider ?? TimeProvider.System,
            DutyPump = dutyPump,
            LoggerFactory = loggerFactory,
        });
        return new EmbeddedTransport(broker, $"embedded engine in {storage.Description}", loggerFactory);
    }

    /// <inheritdoc/>
    public IProducerTransport CreateProducer(ProducerOptions options, ILoggerFactory loggers, int? randomSeed)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);

        // Hash codes begin with random bits in each process. A RandomNumberGenerator would
        // load OpenSSL, a tenth of a cold start.
        int seed = randomSeed ?? HashCode.Combine(TimeProvider.System.GetTimestamp(), this);
        return new EmbeddedProducer(
            new RecordAccumulator(BatchLog, DutyPump, TimeProvider, options, seed, loggers.CreateLogger("Zurau.Producer")));
    }

    /// <inheritdoc/>
    public IConsumerTransport CreateConsumer(ConsumerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new EmbeddedConsumer(_broker, _topics, options, _consumerLogger);
    }

    /// <summary>
    /// Closes the engine: what was appended is flushed, and the directory is marked as cleanly closed. Data in memory is discarded, unless
    /// the storage is the caller's.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync().ConfigureAwait(false);
        _ownedStorage?.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Opened the {Description}")]
    private static partial void LogOpened(ILogger logger, string description);
}
