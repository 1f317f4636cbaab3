using System.Buffers;
using Microsoft.Extensions.ObjectPool;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Zstandard frames by libzstd. Kafka's frames do not say how large their content is, so the records are decompressed into ever more
/// room until they fit. The streaming functions are not used: they allocate the window that a frame asks for, and a hostile frame
/// of 20 bytes asks for 128 MiB; here the output is the window. Written is one frame that says its size, which Kafka's readers take as well.
/// </summary>
internal sealed class ZstdCodec : ICompressionCodec
{
    private const int FirstRatio = 8;
    private const int FirstRoom = 16 * 1024;
    private const int Growth = 4;

    private readonly Lazy<ObjectPool<ZstdContext>> _contexts;
    private readonly Lazy<ObjectPool<ZstdCompressor>> _compressors;

    internal ZstdCodec(NativeCodecLibrary library)
    {
        var functions = new Lazy<ZstdFunctions>(() => new ZstdFunctions(library), LazyThreadSafetyMode.PublicationOnly);
        _contexts = new Lazy<ObjectPool<ZstdContext>>(
            () => new DefaultObjectPoolProvider().Create(new ContextPolicy(functions.Value)),
            LazyThreadSafetyMode.PublicationOnly);
        _compressors = new Lazy<ObjectPool<ZstdCompressor>>(
            () => new DefaultObjectPoolProvider().Create(new CompressorPolicy(functions.Value)),
            LazyThreadSafetyMode.PublicationOnly);
    }

    public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes)
    {
        ObjectPool<ZstdContext> contexts = _contexts.Value;
        ZstdContext context = contexts.Get();
        try
        {
            long room = Math.Max(FirstRoom, (long)compressed.Length * FirstRatio);
            while (true)
            {
                int capacity = (int)Math.Min(room, maxBytes);
                Span<byte> output = destination.GetSpan(capacity);
                output = output[..Math.Min(output.Length, maxBytes)];
                if (context.TryDecompress(compressed, output, out int written))
                {
                    destination.Advance(written);
                    return;
                }

                if (output.Length == maxBytes)
                {
                    throw new InvalidRecordException($"The zstd frames decompress to at least {maxBytes + 1L} bytes, the bound is {maxBytes}.");
                }

                room = (long)output.Length * Growth;
            }
        }
        finally
        {
            contexts.Return(context);
        }
    }

    public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level)
    {
        ObjectPool<ZstdCompressor> compressors = _compressors.Value;
        ZstdCompressor compressor = compressors.Get();
        try
        {
            Span<byte> output = destination.GetSpan(compressor.MaxSize(records.Length));
            destination.Advance(compressor.Compress(records, output, level));
        }
        finally
        {
            compressors.Return(compressor);
        }
    }

    private sealed class ContextPolicy(ZstdFunctions functions) : PooledObjectPolicy<ZstdContext>
    {
        public override ZstdContext Create() => new(functions);

        // Each call begins a new frame, so a context is good again also after an error.
        public override bool Return(ZstdContext obj) => true;
    }

    private sealed class CompressorPolicy(ZstdFunctions functions) : PooledObjectPolicy<ZstdCompressor>
    {
        public override ZstdCompressor Create() => new(functions);

        // Each call begins a new frame.
        public override bool Return(ZstdCompressor obj) => true;
    }
}
