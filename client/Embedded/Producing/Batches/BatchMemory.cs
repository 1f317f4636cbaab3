using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.ObjectPool;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Embedded.Producing.Batches;

/// <summary>
/// Makes batches within <c>buffer.memory</c> and keeps their buffers for the next ones. Where batches are compressed a buffer is as many times
/// <c>batch.size</c> as the topic's records are expected to shrink, and counts in full. Thread-safe.
/// </summary>
internal sealed class BatchMemory
{
    // Kept beside those in use: 2 MiB with the default batch.size, and as much again for each larger size that is in use.
    private const int RetainedBytes = 2 * 1024 * 1024;
    private const int MaxRetained = 128;

    // Text shrinks to a quarter or so; what shrinks more fills batches of many records anyway.
    private const int MaxTimes = 16;

    private readonly ProducerOptions _options;
    private readonly BufferMemory _memory;
    private readonly ObjectPool<ProducerBatch>[] _pools;

    internal BatchMemory(ProducerOptions options)
    {
        _options = options;
        Compression = options.Compression;
        CheckCodec(Compression);
        _memory = new BufferMemory(options.BufferMemory);
        int pools = Compression.Type == CompressionType.None ? 1 : (int)Math.Clamp(options.BufferMemory / 2 / Math.Max(options.BatchSize, 1), 1, MaxTimes);
        _pools = [.. Enumerable.Range(1, pools).Select(times => new DefaultObjectPool<ProducerBatch>(
            new BatchPolicy(this, Math.Max(options.BatchSize, BatchLayout.HeaderSize) * times),
            Math.Clamp(RetainedBytes / (Math.Max(options.BatchSize, 1) * times), 1, MaxRetained)))];
    }

    /// <summary>How batches are compressed.</summary>
    internal BatchCompression Compression { get; }

    /// <summary>Bytes of batches that are not acknowledged.</summary>
    internal long UsedBytes => _memory.UsedBytes;

    /// <summary>Makes a batch for a record of this size and those that will follow it; false where there is no memory for it.</summary>
    internal bool TryCreate(int sizeUpperBound, CompressionRatio ratio, [NotNullWhen(true)] out ProducerBatch? batch)
    {
        float estimate = ratio.Estimate;
        int times = Math.Clamp((int)(1 / (estimate * CompressionRatio.Caution)), 1, _pools.Length);
        int capacity = CapacityFor(sizeUpperBound, times);
        if (!_memory.TryReserve(capacity))
        {
            batch = null;
            return false;
        }

        batch = Create(capacity);
        batch.Ratio = ratio;
        batch.ExpectedRatio = estimate * CompressionRatio.Caution;
        return true;
    }

    /// <summary>Gets in line for a batch's memory.</summary>
    internal BufferMemory.Waiter Enter(int sizeUpperBound) => _memory.Enter(CapacityFor(sizeUpperBound, 1));

    internal bool TryLeave(BufferMemory.Waiter waiter) => _memory.TryLeave(waiter);

    /// <summary>Makes the batch whose memory a waiter got.</summary>
    internal ProducerBatch Take(BufferMemory.Waiter waiter) => Create(waiter.Bytes);

    /// <summary>Makes a batch that takes over memory which is reserved already.</summary>
    internal ProducerBatch CreateWithin(int bufferBytes, int reservedBytes) =>
        new(bufferBytes, _options.BatchSize, Compression, isPooled: false) { ReservedBytes = reservedBytes };

    /// <summary>Gives memory back, also of batches that are still looked at.</summary>
    internal void Release(ProducerBatch batch) => _memory.Release(batch.ReservedBytes);

    /// <summary>Keeps a batch's buffer for another one; nobody may look at it any more.</summary>
    internal void Recycle(ProducerBatch batch)
    {
        if (batch.IsPooled)
        {
            batch.Reset();
            _pools[(batch.Capacity / Math.Max(_options.BatchSize, BatchLayout.HeaderSize)) - 1].Return(batch);
        }
    }

    /// <summary>Fails everybody in line and who comes later.</summary>
    internal void Close(Exception reason) => _memory.Close(reason);

    private int CapacityFor(int sizeUpperBound, int times) =>
        Math.Max(Math.Max(_options.BatchSize, BatchLayout.HeaderSize) * times, sizeUpperBound + BatchLayout.HeaderSize);

    private ProducerBatch Create(int capacity)
    {
        int unit = Math.Max(_options.BatchSize, BatchLayout.HeaderSize);
        int times = capacity / unit;
        return capacity % unit == 0 && times <= _pools.Length
            ? _pools[times - 1].Get()
            : new ProducerBatch(capacity, _options.BatchSize, Compression, isPooled: false);
    }

    // A registered codec that does not work here is reported now, and not with the first batch.
    private static void CheckCodec(BatchCompression compression)
    {
        if (compression.Type == CompressionType.None)
        {
            return;
        }

        try
        {
            CompressionCodecs.Get(compression.Type).Compress([0], new ArrayBufferWriter<byte>(), compression.Level);
        }
        catch (Exception exception)
        {
            throw new ConfigurationException(
                $"'compression.type' {compression.Type} cannot be used, its codec fails: {exception.Message} Register another codec, or choose another 'compression.type'.");
        }
    }

    private sealed class BatchPolicy(BatchMemory memory, int capacity) : PooledObjectPolicy<ProducerBatch>
    {
        public override ProducerBatch Create() => new(capacity, memory._options.BatchSize, memory.Compression, isPooled: true);

        public override bool Return(ProducerBatch obj) => true;
    }
}
