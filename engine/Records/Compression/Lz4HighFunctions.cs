namespace Zurau.Engine.Records.Compression;

/// <summary>The functions of liblz4's high compressor, found once.</summary>
internal sealed unsafe class Lz4HighFunctions
{
    /// <summary>int LZ4_sizeofStateHC(void)</summary>
    internal readonly delegate* unmanaged<int> StateSize;

    /// <summary>int LZ4_compress_HC_extStateHC(void* state, const char* src, char* dst, int srcSize, int maxDstSize, int level)</summary>
    internal readonly delegate* unmanaged<void*, byte*, byte*, int, int, int, int> Compress;

    internal Lz4HighFunctions(NativeCodecLibrary library)
    {
        nint handle = library.Load();
        StateSize = (delegate* unmanaged<int>)library.Function(handle, "LZ4_sizeofStateHC");
        Compress = (delegate* unmanaged<void*, byte*, byte*, int, int, int, int>)library.Function(handle, "LZ4_compress_HC_extStateHC");
    }
}
