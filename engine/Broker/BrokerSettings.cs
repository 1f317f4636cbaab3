using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;
using Zurau.Engine.Storage;

namespace Zurau.Engine;

/// <summary>Holds what a broker needs to open: where the data is, the clock, and Kafka's broker settings.</summary>
public sealed record BrokerSettings : BrokerOptions
{
    /// <summary>Creates settings with Kafka's defaults.</summary>
    public BrokerSettings()
    {
    }

    /// <summary>Creates settings with a copy of options.</summary>
    public BrokerSettings(BrokerOptions options)
        : base(options)
    {
    }

    /// <summary>Gets where files are. <see cref="FileStorage"/> for a directory, <see cref="MemoryStorage"/> for tests.</summary>
    public required IStorage Storage { get; init; }

    /// <summary>Gets the clock of record timestamps and waits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Gets what runs the duties of the broker; null starts threads.</summary>
    public IDutyPump? DutyPump { get; init; }

    /// <summary>Gets where the broker logs.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Gets the seed of topic and cluster ids; null draws one.</summary>
    public int? RandomSeed { get; init; }

    /// <summary>Gets how many bytes a cleaning reads before it checks whether it may continue.</summary>
    internal int CleanerStepBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Gets the points between the steps of the engine at which a simulator runs; null in production.</summary>
    internal LogHooks? Hooks { get; init; }

    /// <summary>Returns the settings of a topic that overrides none.</summary>
    internal LogSettings LogDefaults() => TopicDefaults() with { Hooks = Hooks };

    /// <summary>Returns how the log cleaner works.</summary>
    internal CleanerSettings CleanerDefaults() => Cleaner(CleanerStepBytes);
}
