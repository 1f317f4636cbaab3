using System.Buffers.Binary;

namespace Engine.Tests.Records.Compression;

/// <summary>Writes snappy out of random elements in all their forms, and knows what they stand for.</summary>
internal sealed class SnappyEncoder
{
    internal static readonly byte[] StreamHeader = [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1];

    private readonly List<byte> _elements = [];
    private readonly List<byte> _output = [];

    /// <summary>The block: its length, then the elements.</summary>
    internal byte[] Block => [.. Length(_output.Count), .. _elements];

    internal byte[] Expected => [.. _output];

    internal static byte[] Length(long length)
    {
        var bytes = new List<byte>();
        for (; length > 0x7F; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        return [.. bytes, (byte)length];
    }

    /// <summary>A block behind its length, as xerial's stream has it.</summary>
    internal static byte[] Chunk(byte[] block)
    {
        byte[] chunk = new byte[4 + block.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, block.Length);
        block.CopyTo(chunk, 4);
        return chunk;
    }

    internal static SnappyEncoder Random(Random random)
    {
        var encoder = new SnappyEncoder();
        for (int i = random.Next(0, 40); i > 0; i--)
        {
            if (encoder._output.Count == 0 || random.Next(3) == 0)
            {
                byte[] literal = new byte[random.Next(8) == 0 ? random.Next(1, 70_000) : random.Next(1, 100)];
                random.NextBytes(literal);
                encoder.Literal(literal, lengthBytes: random.Next(0, 5));
            }
            else
            {
                int offset = random.Next(2) == 0 ? random.Next(1, Math.Min(encoder._output.Count, 70) + 1) : random.Next(1, encoder._output.Count + 1);
                encoder.Copy(offset, random.Next(1, 65), offsetBytes: random.Next(0, 5));
            }
        }

        return encoder;
    }

    /// <summary>A literal with its length in the given number of bytes, or in the fewest that hold it.</summary>
    internal SnappyEncoder Literal(byte[] bytes, int lengthBytes = 0)
    {
        int code = bytes.Length - 1;
        int fewest = code < 60 ? 0 : code < 1 << 8 ? 1 : code < 1 << 16 ? 2 : 3;
        int count = Math.Max(lengthBytes, fewest);
        _elements.Add((byte)((count == 0 ? code : 59 + count) << 2));
        Number(code, count);
        _elements.AddRange(bytes);
        _output.AddRange(bytes);
        return this;
    }

    /// <summary>A copy with its offset in the given number of bytes (1 means 11 bits), or in the fewest that hold it.</summary>
    internal SnappyEncoder Copy(int offset, int length, int offsetBytes = 0)
    {
        bool isShort = offset < 1 << 11 && length is >= 4 and <= 11;
        if (offsetBytes <= 1 && isShort)
        {
            _elements.Add((byte)(1 | ((length - 4) << 2) | ((offset >> 8) << 5)));
            Number(offset, 1);
        }
        else
        {
            bool isWide = offsetBytes == 4 || offset >= 1 << 16;
            _elements.Add((byte)((isWide ? 3 : 2) | ((length - 1) << 2)));
            Number(offset, isWide ? 4 : 2);
        }

        for (int i = 0; i < length; i++)
        {
            _output.Add(_output[^offset]);
        }

        return this;
    }

    private void Number(int value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _elements.Add((byte)(value >> (8 * i)));
        }
    }
}
