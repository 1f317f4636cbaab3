using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Zurau.Engine.Records.Compression;

/// <summary>libzstd's working memory for one compression at a time; it grows with the level and the batch. Not thread-safe.</summary>
internal sealed unsafe class ZstdCompressor : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly ZstdFunctions _functions;

    internal ZstdCompressor(ZstdFunctions functions)
        : base(ownsHandle: true)
    {
        _functions = functions;
        SetHandle(functions.CreateCompressor());
        if (IsInvalid)
        {
            throw new InsufficientMemoryException("libzstd could not allocate its working memory.");
        }
    }

    /// <summary>The most bytes that so many records' bytes take.</summary>
    internal int MaxSize(int size) => checked((int)_functions.CompressBound((nuint)size));

    /// <summary>Compresses everything into one frame; returns its size.</summary>
    internal int Compress(ReadOnlySpan<byte> records, Span<byte> output, int level)
    {
        nuint result;
        fixed (byte* source = records)
        fixed (byte* target = output)
        {
            result = _functions.Compress(handle, target, (nuint)output.Length, source, (nuint)records.Length, level);
        }

        return _functions.IsError(result) == 0
            ? (int)result
            : throw new InsufficientMemoryException(
                $"libzstd could not compress {records.Length} bytes at level {level}: {Marshal.PtrToStringUTF8(_functions.ErrorName(result))}.");
    }

    protected override bool ReleaseHandle() => _functions.IsError(_functions.FreeCompressor(handle)) == 0;
}
