using System.Runtime.InteropServices;

namespace Engine.Tests.Records.Compression;

/// <summary>The compressing side of liblz4 and libzstd.</summary>
internal static unsafe partial class NativeEncoders
{
    /// <summary>LZ4F_preferences_t of liblz4 1.9.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Lz4Preferences
    {
        internal int BlockSizeId;
        internal int IsIndependent;
        internal int HasContentChecksum;
        internal int FrameType;
        internal ulong ContentSize;
        internal uint DictionaryId;
        internal int HasBlockChecksums;
        internal int Level;
        internal uint AutoFlush;
        internal uint FavorDecompression;
        internal uint Reserved1;
        internal uint Reserved2;
        internal uint Reserved3;
    }

    private const int ZstdEnd = 2;
    private const int ZstdLevel = 100;

    internal static byte[] Lz4(byte[] bytes, int blockSizeId = 4, bool contentChecksum = false, bool blockChecksums = false, bool contentSize = false)
    {
        var preferences = new Lz4Preferences
        {
            BlockSizeId = blockSizeId,
            IsIndependent = 1,
            HasContentChecksum = contentChecksum ? 1 : 0,
            HasBlockChecksums = blockChecksums ? 1 : 0,
            ContentSize = contentSize ? (ulong)bytes.Length : 0,
        };
        byte[] frame = new byte[(int)Lz4Bound((nuint)bytes.Length, &preferences)];
        fixed (byte* source = bytes)
        fixed (byte* target = frame)
        {
            return frame[..(int)Lz4Frame(target, (nuint)frame.Length, source, (nuint)bytes.Length, &preferences)];
        }
    }

    /// <summary>One frame; the streaming form, which Kafka uses, does not say how large its content is.</summary>
    internal static byte[] Zstd(byte[] bytes, int level = 3, bool isStreaming = true)
    {
        byte[] frame = new byte[(int)ZstdBound((nuint)bytes.Length)];
        nint context = ZstdCreate();
        try
        {
            Assert.Equal(0u, ZstdIsError(ZstdSet(context, ZstdLevel, level)));
            fixed (byte* source = bytes)
            fixed (byte* target = frame)
            {
                nuint written = 0;
                nuint read = 0;
                if (isStreaming)
                {
                    // Two calls, so that the first does not know the end.
                    Assert.Equal(0u, ZstdIsError(ZstdStream(context, target, (nuint)frame.Length, &written, source, (nuint)bytes.Length, &read, 0)));
                    Assert.Equal((nuint)0, ZstdStream(context, target, (nuint)frame.Length, &written, source, (nuint)bytes.Length, &read, ZstdEnd));
                }
                else
                {
                    written = ZstdCompress(context, target, (nuint)frame.Length, source, (nuint)bytes.Length);
                    Assert.Equal(0u, ZstdIsError(written));
                }

                return frame[..(int)written];
            }
        }
        finally
        {
            ZstdFree(context);
        }
    }

    [LibraryImport("liblz4.so.1", EntryPoint = "LZ4F_compressFrameBound")]
    private static partial nuint Lz4Bound(nuint size, Lz4Preferences* preferences);

    [LibraryImport("liblz4.so.1", EntryPoint = "LZ4F_compressFrame")]
    private static partial nuint Lz4Frame(byte* target, nuint capacity, byte* source, nuint size, Lz4Preferences* preferences);

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_compressBound")]
    private static partial nuint ZstdBound(nuint size);

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_createCCtx")]
    private static partial nint ZstdCreate();

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint ZstdFree(nint context);

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_CCtx_setParameter")]
    private static partial nuint ZstdSet(nint context, int parameter, int value);

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_isError")]
    private static partial uint ZstdIsError(nuint result);

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_compress2")]
    private static partial nuint ZstdCompress(nint context, byte* target, nuint capacity, byte* source, nuint size);

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_compressStream2_simpleArgs")]
    private static partial nuint ZstdStream(nint context, byte* target, nuint capacity, nuint* written, byte* source, nuint size, nuint* read, int end);
}
