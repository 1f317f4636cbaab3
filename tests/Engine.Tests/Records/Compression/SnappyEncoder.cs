using System.Buffers.Binary;
using CsCheck;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// Writes snappy from random elements in all their forms, and records their
/// decompressed bytes.
/// </summary>
internal sealed class SnappyEncoder
{
    internal static readonly byte[] StreamHeader = [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1];

    /// <summary>Up to 40 literals and copies in all their widths, short and long.</summary>
    internal static readonly Gen<SnappyEncoder> Any = Gen.Select(
        Gen.Bool,
        Gen.Frequency((7, Gen.Int[1, 99]), (1, Gen.Int[1, 69_999])),
        Gen.OneOf(Gen.Int[0, 69], Gen.Int[0, 1 << 20]),
        Gen.Int[0, 4]).Array[0, 40].Select(Of);

    private readonly List<byte> _elements = [];
    private readonly List<byte> _output = [];

    /// <summary>The block: its length, then the elements.</summary>
    internal byte[] Block => [.. Length(_output.Count), .. _elements];

    internal byte[] Expected => [.. _output];

    private static SnappyEncoder Of((bool IsLiteral, int Length, int Back, int Width)[] elements)
    {
        var encoder = new SnappyEncoder();
        var random = new Random(elements.Length);
        foreach ((bool isLiteral, int length, int back, int width) in elements)
        {
            if (isLiteral || encoder._output.Count == 0)
            {
                byte[] literal = new byte[length];
                random.NextBytes(literal);
                encoder.Literal(literal, lengthBytes: width);
            }
            else
            {
                encoder.Copy((back % encoder._output.Count) + 1, ((length - 1) % 64) + 1, offsetBytes: width);
            }
        }

        return encoder;
    }

    internal static byte[] Length(long length)
    {
        var bytes = new List<byte>();
        for (; length > 0x7F; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        return [.. bytes, (byte)length];
    }

    /// <summary>A block after its length, as in xerial's stream.</summary>
    internal static byte[] Chunk(byte[] block)
    {
        byte[] chunk = new byte[4 + block.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, block.Length);
        block.CopyTo(chunk, 4);
        return chunk;
    }

    /// <summary>
    /// A literal with its length in the given number of bytes, or in the fewest that hold
    /// it.
    /// </summary>
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

    /// <summary>
    /// A copy with its offset in the given number of bytes (1 means 11 bits), or in the
    /// fewest that hold it.
    /// </summary>
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
