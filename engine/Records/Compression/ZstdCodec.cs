using System.Buffers;
using Microsoft.Extensions.ObjectPool;
using ZstdSharp;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Reads and writes Zstandard frames with ZstdSharp. Kafka's frames do not contain
/// their content size, so the output buffer grows until the records fit. The streaming
/// functions are not used: they allocate the window that a frame requests, up to 128
/// MiB for a malicious frame of 20 bytes; here the output is the window. Writes one
/// frame with its content size, which Kafka's readers accept. Loading ZstdSharp costs
/// 45 ms of CPU: only <see cref="Contexts"/> refers to it, so a process without zstd
/// never loads it.
/// </summary>
internal sealed class ZstdCodec : ICompressionCodec
{
    private const int FirstRatio = 8;
    private const int FirstRoom = 16 * 1024;
    private const int Growth = 4;

    public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes)
    {
        long room = Math.Max(FirstRoom, (long)compressed.Length * FirstRatio);
        while (true) // Ends at maxBytes: the room grows four times each turn.
        {
            int capacity = (int)Math.Min(room, maxBytes);
            Span<byte> output = destination.GetSpan(capacity);
            output = output[..Math.Min(output.Length, maxBytes)];
            if (Contexts.TryDecompress(compressed, output, out int written))
            {
                destination.Advance(written);
                return;
            }

            if (output.Length == maxBytes)
            {
                throw new InvalidRecordException($"The zstd frames decompress to at least {maxBytes + 1L} bytes, the maximum is {maxBytes}.");
            }

            room = (long)output.Length * Growth;
        }
    }

    public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level)
    {
        Span<byte> output = destination.GetSpan(Contexts.MaxSize(records.Length));
        destination.Advance(Contexts.Compress(records, output, level));
    }

    /// <summary>
    /// ZstdSharp's working memory, one context per concurrent operation. Every call starts
    /// a new frame, so a context can be reused after an error.
    /// </summary>
    private static class Contexts
    {
        private static readonly ObjectPool<Decompressor> s_decompressors = new DefaultObjectPoolProvider().Create(new Policy<Decompressor>(static () => new Decompressor()));
        private static readonly ObjectPool<Compressor> s_compressors = new DefaultObjectPoolProvider().Create(new Policy<Compressor>(static () => new Compressor()));

        /// <summary>Returns the maximum compressed size for records of that size.</summary>
        internal static int MaxSize(int sizeBytes) => Compressor.GetCompressBound(sizeBytes);

        /// <summary>Decompresses all frames; false if the output is too small for them.</summary>
        internal static bool TryDecompress(ReadOnlySpan<byte> compressed, Span<byte> output, out int written)
        {
            Decompressor decompressor = s_decompressors.Get();
            try
            {
                return decompressor.TryUnwrap(compressed, output, out written);
            }
            catch (ZstdException exception)
            {
                throw new InvalidRecordException($"The zstd frames are malformed: {exception.Message}.", exception);
            }
            finally
            {
                s_decompressors.Return(decompressor);
            }
        }

        /// <summary>Compresses everything into one frame; returns its size.</summary>
        internal static int Compress(ReadOnlySpan<byte> records, Span<byte> output, int level)
        {
            Compressor compressor = s_compressors.Get();
            try
            {
                compressor.Level = level;
                return compressor.Wrap(records, output);
            }
            finally
            {
                s_compressors.Return(compressor);
            }
        }

        private sealed class Policy<T>(Func<T> create) : PooledObjectPolicy<T>
            where T : class
        {
            public override T Create() => create();

            public override bool Return(T obj) => true;
        }
    }
}
