using System.Runtime.InteropServices;

namespace Zurau.Harness.Bench.Work;

/// <summary>Calls libzstd with reused contexts.</summary>
internal sealed unsafe partial class NativeZstd : INativeCodec
{
    private const string Library = "libzstd.so.1";
    private readonly nint _compressor = ZSTD_createCCtx();
    private readonly nint _decompressor = ZSTD_createDCtx();

    public string Settings => "ZSTD_compressCCtx at level 3 and ZSTD_decompressDCtx of libzstd.so.1, contexts reused";

    internal static bool IsInstalled => NativeLibrary.TryLoad(Library, out _);

    public int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source)
        fixed (byte* to = target)
        {
            return (int)ZSTD_compressCCtx(_compressor, to, (nuint)target.Length, from, (nuint)source.Length, 3);
        }
    }

    public int Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source)
        fixed (byte* to = target)
        {
            return (int)ZSTD_decompressDCtx(_decompressor, to, (nuint)target.Length, from, (nuint)source.Length);
        }
    }

    [LibraryImport(Library)]
    private static partial nint ZSTD_createCCtx();

    [LibraryImport(Library)]
    private static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compressCCtx(nint context, byte* target, nuint capacity, byte* source, nuint size, int level);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompressDCtx(nint context, byte* target, nuint capacity, byte* source, nuint size);
}
