using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Zurau.Engine.Records.Compression;

/// <summary>liblz4's high compressor with its working memory, about 260 KB. Not thread-safe.</summary>
internal sealed unsafe class Lz4HighCompressor : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly Lz4HighFunctions _functions;

    internal Lz4HighCompressor(Lz4HighFunctions functions)
        : base(ownsHandle: true)
    {
        _functions = functions;
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)functions.StateSize(), 64));
    }

    /// <summary>Compresses one block; 0 where the output is too small. Levels above liblz4's highest are its highest.</summary>
    internal int Compress(ReadOnlySpan<byte> block, Span<byte> output, int level)
    {
        fixed (byte* source = block)
        fixed (byte* target = output)
        {
            return _functions.Compress((void*)handle, source, target, block.Length, output.Length, level);
        }
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
