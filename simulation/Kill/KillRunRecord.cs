using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Simulation;

/// <summary>
/// One record of a kill run: its writer and its number. Its bytes are derived from these.
/// </summary>
internal readonly record struct KillRunRecord(int Writer, long Sequence)
{
    private const int IdSize = 12;

    /// <summary>Creates a batch of the next records of a writer.</summary>
    internal static ReadOnlyMemory<byte> Batch(KillRunPlan plan, int writer, long firstSequence, int count)
    {
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + (count * (plan.MaxValueBytes + IdSize + 64))]);
        Span<byte> value = stackalloc byte[IdSize + plan.MaxValueBytes];
        for (int i = 0; i < count; i++)
        {
            int length = Fill(plan, new KillRunRecord(writer, firstSequence + i), value);
            builder.Append(1_700_000_000_000 + firstSequence + i, default, isKeyNull: true, value[..length], isValueNull: false);
        }

        return builder.Build();
    }

    /// <summary>
    /// Reads a value; returns false if its bytes differ from the written ones.
    /// </summary>
    internal static bool TryRead(KillRunPlan plan, ReadOnlySpan<byte> value, out KillRunRecord record)
    {
        record = default;
        if (value.Length < IdSize)
        {
            return false;
        }

        record = new KillRunRecord(BinaryPrimitives.ReadInt32BigEndian(value), BinaryPrimitives.ReadInt64BigEndian(value[4..]));
        Span<byte> expected = stackalloc byte[IdSize + plan.MaxValueBytes];
        return value.SequenceEqual(expected[..Fill(plan, record, expected)]);
    }

    private static int Fill(KillRunPlan plan, KillRunRecord record, Span<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(value, record.Writer);
        BinaryPrimitives.WriteInt64BigEndian(value[4..], record.Sequence);
        ulong state = (((ulong)record.Writer + 1) << 48) ^ (ulong)record.Sequence ^ (ulong)plan.Seed;
        int length = IdSize + (int)(Next(ref state) % (uint)(plan.MaxValueBytes + 1));
        for (int i = IdSize; i < length; i++)
        {
            value[i] = (byte)Next(ref state);
        }

        return length;
    }

    // SplitMix64: the same bytes in every process and every version.
    private static ulong Next(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
