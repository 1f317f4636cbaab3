using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Producing;

/// <summary>A producer of strings over a fake log with stepped time.</summary>
internal sealed class ProducerFixture
{
    internal ProducerFixture(ProducerOptions? options = null, int partitions = 1, FakeLog? log = null)
    {
        Log = log ?? new FakeLog(partitions);
        Producer = new Producer<string?, string?>(Log, options ?? new ProducerOptions(), loggerFactory: Lines, randomSeed: 7);
    }

    internal FakeLog Log { get; }

    internal LogLines Lines { get; } = new();

    internal Producer<string?, string?> Producer { get; }

    internal void Send(string value, string? key = null, Action<RecordMetadata, Exception?>? callback = null) =>
        Producer.Send(new ProducerRecord<string?, string?>("orders", key, value), callback);

    internal ValueTask<RecordMetadata> SendAsync(string value, string? key = null, int? partition = null, CancellationToken cancellationToken = default) =>
        Producer.SendAsync(new ProducerRecord<string?, string?>("orders", key, value) { Partition = partition }, cancellationToken);

    /// <summary>Lets time pass as a pump with threads would see it.</summary>
    internal void Advance(int ms)
    {
        Log.Time.Advance(ms);
        Log.Pump.Step();
    }
}
