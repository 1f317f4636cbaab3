using System.Runtime.InteropServices;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Calls the block functions of libsnappy, on blocks of 32 KiB as in Kafka's stream
/// format.
/// </summary>
internal sealed unsafe partial class NativeSnappy : INativeCodec
{
    private const string Library = "libsnappy.so.1";
    private const int BlockSize = 32 * 1024;

    public string Settings => "snappy_compress and snappy_uncompress of libsnappy.so.1 on blocks of 32 KiB";

    internal static bool IsInstalled => NativeLibrary.TryLoad(Library, out _);

    public int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int written = 0;
        for (int position = 0; position < source.Length; position += BlockSize)
        {
            ReadOnlySpan<byte> block = source.Slice(position, Math.Min(BlockSize, source.Length - position));
            nuint size = (nuint)(target.Length - written - sizeof(int));
            fixed (byte* from = block)
            fixed (byte* to = target[written..])
            {
                _ = snappy_compress(from, (nuint)block.Length, to + sizeof(int), &size);
                *(int*)to = (int)size;
            }

            written += sizeof(int) + (int)size;
        }

        return written;
    }

    public int Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int written = 0;
        while (!source.IsEmpty)
        {
            fixed (byte* from = source)
            fixed (byte* to = target[written..])
            {
                int length = *(int*)from;
                nuint size = (nuint)(target.Length - written);
                _ = snappy_uncompress(from + sizeof(int), (nuint)length, to, &size);
                written += (int)size;
                source = source[(sizeof(int) + length)..];
            }
        }

        return written;
    }

    [LibraryImport(Library)]
    private static partial int snappy_compress(byte* source, nuint size, byte* target, nuint* written);

    [LibraryImport(Library)]
    private static partial int snappy_uncompress(byte* source, nuint size, byte* target, nuint* written);
}
