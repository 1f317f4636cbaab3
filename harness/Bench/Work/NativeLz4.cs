using System.Runtime.InteropServices;

namespace Zurau.Harness.Bench.Work;

/// <summary>Calls the block functions of liblz4.</summary>
internal sealed unsafe partial class NativeLz4 : INativeCodec
{
    private const string Library = "liblz4.so.1";

    public string Settings => "LZ4_compress_default and LZ4_decompress_safe of liblz4.so.1";

    internal static bool IsInstalled => NativeLibrary.TryLoad(Library, out _);

    public int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source)
        fixed (byte* to = target)
        {
            return LZ4_compress_default(from, to, source.Length, target.Length);
        }
    }

    public int Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source)
        fixed (byte* to = target)
        {
            return LZ4_decompress_safe(from, to, source.Length, target.Length);
        }
    }

    [LibraryImport(Library)]
    private static partial int LZ4_compress_default(byte* source, byte* target, int size, int capacity);

    [LibraryImport(Library)]
    private static partial int LZ4_decompress_safe(byte* source, byte* target, int size, int capacity);
}
