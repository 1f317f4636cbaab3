using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NativeCodec;

/// <summary>The functions of libzstd that the codec calls; sizes are size_t, and errors are negative sizes.</summary>
internal static partial class ZstdLibrary
{
    /// <summary>The library's name on Linux (Debian, Ubuntu: package libzstd1); macOS has libzstd.1.dylib, Windows libzstd.dll.</summary>
    internal const string Name = "libzstd.so.1";

    internal static string? Describe(nint result) => Marshal.PtrToStringUTF8(ErrorName(result));

    [LibraryImport(Name, EntryPoint = "ZSTD_createCCtx")]
    internal static partial CompressorHandle CreateCompressor();

    [LibraryImport(Name, EntryPoint = "ZSTD_freeCCtx")]
    internal static partial nint FreeCompressor(nint compressor);

    [LibraryImport(Name, EntryPoint = "ZSTD_createDCtx")]
    internal static partial DecompressorHandle CreateDecompressor();

    [LibraryImport(Name, EntryPoint = "ZSTD_freeDCtx")]
    internal static partial nint FreeDecompressor(nint decompressor);

    [LibraryImport(Name, EntryPoint = "ZSTD_compressCCtx")]
    internal static partial nint Compress(CompressorHandle compressor, Span<byte> target, nint capacity, ReadOnlySpan<byte> source, nint size, int level);

    [LibraryImport(Name, EntryPoint = "ZSTD_decompressDCtx")]
    internal static partial nint Decompress(DecompressorHandle decompressor, Span<byte> target, nint capacity, ReadOnlySpan<byte> source, nint size);

    [LibraryImport(Name, EntryPoint = "ZSTD_compressBound")]
    internal static partial nint Bound(nint size);

    [LibraryImport(Name, EntryPoint = "ZSTD_isError")]
    internal static partial uint IsError(nint result);

    [LibraryImport(Name, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint ErrorName(nint result);
}

/// <summary>Owns a ZSTD_CCtx.</summary>
internal sealed class CompressorHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => ZstdLibrary.FreeCompressor(handle) == 0;
}

/// <summary>Owns a ZSTD_DCtx.</summary>
internal sealed class DecompressorHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => ZstdLibrary.FreeDecompressor(handle) == 0;
}
