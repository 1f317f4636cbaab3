using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Zurau.Engine.Records.Compression;

/// <summary>libzstd's working memory for one decompression at a time, about 160 KB. Not thread-safe.</summary>
internal sealed unsafe class ZstdContext : SafeHandleZeroOrMinusOneIsInvalid
{
    // zstd_errors.h promises that this number stays.
    private const int DestinationTooSmall = 70;

    private readonly ZstdFunctions _functions;

    internal ZstdContext(ZstdFunctions functions)
        : base(ownsHandle: true)
    {
        _functions = functions;
        SetHandle(functions.CreateContext());
        if (IsInvalid)
        {
            throw new InsufficientMemoryException("libzstd could not allocate its working memory.");
        }
    }

    /// <summary>Decompresses all frames; false where the output is too small for them.</summary>
    internal bool TryDecompress(ReadOnlySpan<byte> compressed, Span<byte> output, out int written)
    {
        written = 0;
        nuint result;
        fixed (byte* source = compressed)
        fixed (byte* target = output)
        {
            result = _functions.Decompress(handle, target, (nuint)output.Length, source, (nuint)compressed.Length);
        }

        if (_functions.IsError(result) == 0)
        {
            written = (int)result;
            return true;
        }

        // An error is the negative of its code.
        return -(nint)result == DestinationTooSmall
            ? false
            : throw new InvalidRecordException($"The zstd frames are malformed: {Marshal.PtrToStringUTF8(_functions.ErrorName(result))}.");
    }

    protected override bool ReleaseHandle() => _functions.IsError(_functions.FreeContext(handle)) == 0;
}
