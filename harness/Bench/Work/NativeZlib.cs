using System.Runtime.InteropServices;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Calls the zlib of the runtime without its streams: the library that our gzip uses.
/// </summary>
internal sealed unsafe partial class NativeZlib : INativeCodec
{
    private const string Library = "libSystem.IO.Compression.Native";
    private const int Gzip = 31; // A window of 32 KiB, in a gzip member.
    private const int Finish = 4;

    public string Settings => "deflate at level 6 and inflate of the runtime's zlib, initialized per block as in every one-shot call";

    public int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source)
        fixed (byte* to = target)
        {
            var stream = new ZStream { In = from, InSize = (uint)source.Length, Out = to, OutSize = (uint)target.Length };
            _ = CompressionNative_DeflateInit2_(&stream, 6, 8, Gzip, 8, 0);
            _ = CompressionNative_Deflate(&stream, Finish);
            _ = CompressionNative_DeflateEnd(&stream);
            return target.Length - (int)stream.OutSize;
        }
    }

    public int Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source)
        fixed (byte* to = target)
        {
            var stream = new ZStream { In = from, InSize = (uint)source.Length, Out = to, OutSize = (uint)target.Length };
            _ = CompressionNative_InflateInit2_(&stream, Gzip);
            _ = CompressionNative_Inflate(&stream, Finish);
            _ = CompressionNative_InflateEnd(&stream);
            return target.Length - (int)stream.OutSize;
        }
    }

    [LibraryImport(Library)]
    private static partial int CompressionNative_DeflateInit2_(ZStream* stream, int level, int method, int windowBits, int memoryLevel, int strategy);

    [LibraryImport(Library)]
    private static partial int CompressionNative_Deflate(ZStream* stream, int flush);

    [LibraryImport(Library)]
    private static partial int CompressionNative_DeflateEnd(ZStream* stream);

    [LibraryImport(Library)]
    private static partial int CompressionNative_InflateInit2_(ZStream* stream, int windowBits);

    [LibraryImport(Library)]
    private static partial int CompressionNative_Inflate(ZStream* stream, int flush);

    [LibraryImport(Library)]
    private static partial int CompressionNative_InflateEnd(ZStream* stream);

    /// <summary>The runtime's PAL_ZStream.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ZStream
    {
        internal byte* In;
        internal byte* Out;
        internal byte* Message;
        internal void* State;
        internal uint InSize;
        internal uint OutSize;
    }
}
