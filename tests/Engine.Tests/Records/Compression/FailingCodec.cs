using System.Buffers;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// A registered codec that works as the built-in one until it is set to throw: an
/// exception of its own, after it has written something. Codecs belong to the process:
/// who registers it runs in <see cref="FailingCodecTests"/>' collection. Disposing puts
/// the other back.
/// </summary>
internal sealed class FailingCodec : ICompressionCodec, IDisposable
{
    internal const string Text = "the codec's own trouble";

    private readonly CompressionType _type;
    private readonly ICompressionCodec _builtIn;

    internal FailingCodec(CompressionType type)
    {
        _type = type;
        _builtIn = CompressionCodecs.Get(type);
        CompressionCodecs.Register(type, this);
    }

    /// <summary>What decompressing throws; null for nothing.</summary>
    internal Func<Exception>? OnDecompress { get; set; }

    /// <summary>What compressing throws; null for nothing.</summary>
    internal Func<Exception>? OnCompress { get; set; }

    /// <summary>An exception that the engine cannot know.</summary>
    internal static Exception Foreign() => new ForeignException();

    public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes)
    {
        ThrowIf(OnDecompress, destination);
        _builtIn.Decompress(compressed, destination, maxBytes);
    }

    public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level)
    {
        ThrowIf(OnCompress, destination);
        _builtIn.Compress(records, destination, level);
    }

    public void Dispose() => CompressionCodecs.Register(_type, _builtIn);

    private static void ThrowIf(Func<Exception>? exception, IBufferWriter<byte> destination)
    {
        if (exception is not null)
        {
            destination.Write("half of it"u8);
            throw exception();
        }
    }

    private sealed class ForeignException() : Exception(Text);
}
