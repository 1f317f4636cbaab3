using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>What a scenario does in each life of the process, and what it knows over all of them. All members but the last two run on an actor of that life.</summary>
internal interface IStory
{
    /// <summary>Bytes were damaged on purpose: a clean end is not promised any more.</summary>
    bool IsDamaged { get; }

    /// <summary>What this scenario wants of a broker, beside what a life's plan says.</summary>
    BrokerSettings Configure(BrokerSettings settings);

    /// <summary>Makes what is not there yet.</summary>
    ErrorResult CreateTopics(Broker broker);

    /// <summary>Judges what the last life left, then does what the plan says.</summary>
    void Play(Life life, LifePlan plan);

    /// <summary>Waits until the broker has mended what it mends by itself behind a start.</summary>
    void Settle(World world, Broker broker);

    /// <summary>A life is over; <see cref="CrashKind.None"/> where it was closed in good order.</summary>
    void EndLife(CrashKind crash);
}
