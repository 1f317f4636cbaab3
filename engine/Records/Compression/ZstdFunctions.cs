namespace Zurau.Engine.Records.Compression;

/// <summary>The functions of libzstd that the codec needs, found once.</summary>
internal sealed unsafe class ZstdFunctions
{
    /// <summary>ZSTD_DCtx* ZSTD_createDCtx(void)</summary>
    internal readonly delegate* unmanaged<nint> CreateContext;

    /// <summary>size_t ZSTD_freeDCtx(ZSTD_DCtx* dctx)</summary>
    internal readonly delegate* unmanaged<nint, nuint> FreeContext;

    /// <summary>size_t ZSTD_decompressDCtx(ZSTD_DCtx* dctx, void* dst, size_t dstCapacity, const void* src, size_t srcSize)</summary>
    internal readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint> Decompress;

    /// <summary>ZSTD_CCtx* ZSTD_createCCtx(void)</summary>
    internal readonly delegate* unmanaged<nint> CreateCompressor;

    /// <summary>size_t ZSTD_freeCCtx(ZSTD_CCtx* cctx)</summary>
    internal readonly delegate* unmanaged<nint, nuint> FreeCompressor;

    /// <summary>size_t ZSTD_compressCCtx(ZSTD_CCtx* cctx, void* dst, size_t dstCapacity, const void* src, size_t srcSize, int level)</summary>
    internal readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int, nuint> Compress;

    /// <summary>size_t ZSTD_compressBound(size_t srcSize)</summary>
    internal readonly delegate* unmanaged<nuint, nuint> CompressBound;

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
        CreateCompressor = (delegate* unmanaged<nint>)library.Function(handle, "ZSTD_createCCtx");
        FreeCompressor = (delegate* unmanaged<nint, nuint>)library.Function(handle, "ZSTD_freeCCtx");
        Compress = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int, nuint>)library.Function(handle, "ZSTD_compressCCtx");
        CompressBound = (delegate* unmanaged<nuint, nuint>)library.Function(handle, "ZSTD_compressBound");
        IsError = (delegate* unmanaged<nuint, uint>)library.Function(handle, "ZSTD_isError");
        ErrorName = (delegate* unmanaged<nuint, nint>)library.Function(handle, "ZSTD_getErrorName");
    }
}
