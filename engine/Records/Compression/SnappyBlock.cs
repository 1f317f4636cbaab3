using System.Buffers.Binary;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Decodes one raw snappy block: the decompressed length, then literals and copies of what came before. Pure; source: snappy's
/// format description.
/// </summary>
internal static class SnappyBlock
{
    // The densest element, a copy of 64 bytes in 3: no block decompresses to more than this many times its size.
    private const int MaxCopyLength = 64;
    private const int MinCopySize = 3;

    /// <summary>Reads the length that the block will decompress to and refuses one that its bytes cannot reach.</summary>
    internal static int ReadLength(ReadOnlySpan<byte> block, out int headerSize)
    {
        headerSize = 0;
        if (!Varint.TryReadUnsigned(block, ref headerSize, out uint length))
        {
            throw new InvalidRecordException("The snappy block does not begin with its length.");
        }

        long reachable = (long)(block.Length - headerSize) * MaxCopyLength / MinCopySize;
        return length <= reachable && length <= int.MaxValue
            ? (int)length
            : throw new InvalidRecordException($"The snappy block says it decompresses to {length} bytes, its {block.Length} bytes cannot hold more than {reachable}.");
    }

    /// <summary>Decodes the elements; they must fill the output exactly.</summary>
    internal static void Decode(ReadOnlySpan<byte> elements, Span<byte> output)
    {
        int position = 0;
        int written = 0;
        while (position < elements.Length)
        {
            int tag = elements[position++];
            switch (tag & 3)
            {
                case 0:
                    CopyLiteral(elements, ref position, LiteralLength(elements, ref position, tag >> 2), output, ref written);
                    break;
                case 1:
                    CopyBack(output, ref written, ((tag >> 5) << 8) | (int)ReadNumber(elements, ref position, 1), ((tag >> 2) & 7) + 4);
                    break;
                case 2:
                    CopyBack(output, ref written, ReadNumber(elements, ref position, 2), (tag >> 2) + 1);
                    break;
                default:
                    CopyBack(output, ref written, ReadNumber(elements, ref position, 4), (tag >> 2) + 1);
                    break;
            }
        }

        if (written != output.Length)
        {
            throw Malformed($"it decompresses to {written} bytes and says {output.Length}");
        }
    }

    // 0 to 59 are the length less one; 60 to 63 say that it follows in 1 to 4 bytes.
    private static long LiteralLength(ReadOnlySpan<byte> elements, ref int position, int code) =>
        1 + (code < 60 ? code : ReadNumber(elements, ref position, code - 59));

    private static uint ReadNumber(ReadOnlySpan<byte> elements, ref int position, int size)
    {
        if (size > elements.Length - position)
        {
            throw Malformed("it ends in the middle of an element");
        }

        uint number = 0;
        for (int i = 0; i < size; i++)
        {
            number |= (uint)elements[position + i] << (8 * i);
        }

        position += size;
        return number;
    }

    private static void CopyLiteral(ReadOnlySpan<byte> elements, ref int position, long length, Span<byte> output, ref int written)
    {
        if (length > elements.Length - position || length > output.Length - written)
        {
            throw Malformed($"a literal of {length} bytes, {elements.Length - position} are left and there is room for {output.Length - written}");
        }

        elements.Slice(position, (int)length).CopyTo(output[written..]);
        position += (int)length;
        written += (int)length;
    }

    private static void CopyBack(Span<byte> output, ref int written, long offset, int length)
    {
        if (offset == 0 || offset > written || length > output.Length - written)
        {
            throw Malformed($"a copy of {length} bytes from {offset} back, at byte {written} of {output.Length}");
        }

        int from = written - (int)offset;
        if (offset >= length)
        {
            output.Slice(from, length).CopyTo(output[written..]);
        }
        else
        {
            // The copy reads what it has just written: a repeated pattern.
            for (int i = 0; i < length; i++)
            {
                output[written + i] = output[from + i];
            }
        }

        written += length;
    }

    private static InvalidRecordException Malformed(string what) => new($"The snappy block is malformed: {what}.");
}
