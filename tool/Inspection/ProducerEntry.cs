using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Inspection;

/// <summary>An entry of a <c>.snapshot</c> file: the state of one producer.</summary>
internal readonly record struct ProducerEntry(
    long ProducerId,
    short Epoch,
    int LastSequence,
    long LastOffset,
    int OffsetDelta,
    long Timestamp,
    int CoordinatorEpoch,
    long TransactionFirstOffset)
{
    internal const int Size = 46;
    private const int HeaderSize = 10; // int16 version, uint32 checksum of the bytes after it, int32 count.
    private const short Version = 1;

    /// <summary>
    /// Reads a snapshot; returns null and the problem if it is not valid.
    /// </summary>
    internal static IReadOnlyList<ProducerEntry>? ReadAll(ReadOnlySpan<byte> bytes, out string problem)
    {
        problem = "";
        if (bytes.Length < HeaderSize)
        {
            problem = $"it has {bytes.Length} bytes, but its header needs {HeaderSize}";
        }
        else if (BinaryPrimitives.ReadInt16BigEndian(bytes) is not Version and short version)
        {
            problem = $"its version is {version}, not {Version}";
        }
        else if (Crc32C.Compute(bytes[6..]) != BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]))
        {
            problem = "its checksum is wrong";
        }
        else if (BinaryPrimitives.ReadInt32BigEndian(bytes[6..]) * (long)Size != bytes.Length - HeaderSize)
        {
            problem = $"its entry count is {BinaryPrimitives.ReadInt32BigEndian(bytes[6..])}, but its bytes are enough for {(bytes.Length - HeaderSize) / (double)Size:0.##}";
        }

        if (problem.Length > 0)
        {
            return null;
        }

        var entries = new ProducerEntry[(bytes.Length - HeaderSize) / Size];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = Read(bytes[(HeaderSize + (i * Size))..]);
        }

        return entries;
    }

    public override string ToString() =>
        $"producer {ProducerId} epoch {Epoch}, last sequence {LastSequence} at offset {LastOffset} (delta {OffsetDelta}), coordinator epoch {CoordinatorEpoch}, transaction from {TransactionFirstOffset}";

    private static ProducerEntry Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64BigEndian(bytes),
        BinaryPrimitives.ReadInt16BigEndian(bytes[8..]),
        BinaryPrimitives.ReadInt32BigEndian(bytes[10..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[14..]),
        BinaryPrimitives.ReadInt32BigEndian(bytes[22..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[26..]),
        BinaryPrimitives.ReadInt32BigEndian(bytes[34..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[38..]));
}
