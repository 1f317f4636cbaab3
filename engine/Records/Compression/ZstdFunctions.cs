namespace Zurau.Engine.Records.Compression;

/// <summary>The functions of libzstd that reading needs, found once.</summary>
internal sealed unsafe class ZstdFunctions
{
    /// <summary>ZSTD_DCtx* ZSTD_createDCtx(void)</summary>
    internal readonly delegate* unmanaged<nint> CreateContext;

    /// <summary>size_t ZSTD_freeDCtx(ZSTD_DCtx* dctx)</summary>
    internal readonly delegate* unmanaged<nint, nuint> FreeContext;

    /// <summary>size_t ZSTD_decompressDCtx(ZSTD_DCtx* dctx, void* dst, size_t dstCapacity, const void* src, size_t srcSize)</summary>
    internal readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint> Decompress;

    /// <summary>unsigned ZSTD_isError(size_t result)</summary>
    internal readonly delegate* unmanaged<nuint, uint> IsError;

    /// <summary>const char* ZSTD_getErrorName(size_t result)</summary>
    internal readonly delegate* unmanaged<nuint, nint> ErrorName;

    internal ZstdFunctions(NativeCodecLibrary library)
    {
        nint handle = library.Load();
        CreateContext = (delegate* unmanaged<nint>)library.Function(handle, "ZSTD_createDCtx");
        FreeContext = (delegate* unmanaged<nint, nuint>)library.Function(handle, "ZSTD_freeDCtx");
        Decompress = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint>)library.Function(handle, "ZSTD_decompressDCtx");
        IsError = (delegate* unmanaged<nuint, uint>)library.Function(handle, "ZSTD_isError");
        ErrorName = (delegate* unmanaged<nuint, nint>)library.Function(handle, "ZSTD_getErrorName");
    }
}
