using Zurau.Engine.Records;

namespace Zurau.Harness.Bench.Work;

/// <summary>Batches of records with random values, bytes or letters, encoded once: what a raw append is given.</summary>
internal sealed class EncodedBatches
{
    private const int Distinct = 16;
    private const int RecordOverheadBound = 32;
    private const long TimestampMs = 1_700_000_000_000;

    private EncodedBatches(IReadOnlyList<byte[]> batches, byte[] value, int records)
    {
        Batches = batches;
        Value = value;
        RecordsPerBatch = records;
    }

    internal IReadOnlyList<byte[]> Batches { get; }

    /// <summary>A value as it is in the records.</summary>
    internal byte[] Value { get; }

    internal int RecordsPerBatch { get; }

    internal int BatchBytes => Batches[0].Length;

    /// <summary>Bytes of the log for each record, its share of the header included.</summary>
    internal double BytesPerRecord => (double)BatchBytes / RecordsPerBatch;

    /// <summary>Fills batches of at most some bytes with records without key, or makes batches of one record.</summary>
    /// <param name="valueBytes">Bytes of each value.</param>
    /// <param name="maxBatchBytes">Bytes of a batch, unless one record needs more.</param>
    /// <param name="isText">Letters only, for those who read values as strings: what is no UTF-8 is slow to read.</param>
    internal static EncodedBatches Make(int valueBytes, int maxBatchBytes, bool isText = false)
    {
        var random = new Random(1);
        byte[] value = new byte[valueBytes];
        Draw();
        var batches = new List<byte[]>();
        int records = 0;
        for (int i = 0; i < Distinct; i++)
        {
            var builder = new RecordBatchBuilder(new byte[Math.Max(maxBatchBytes, valueBytes + BatchLayout.HeaderSize + RecordOverheadBound)]);
            records = Fill(builder, value);
            batches.Add(builder.Build().ToArray());
            Draw();
        }

        return new EncodedBatches(batches, value, records);

        void Draw()
        {
            if (isText)
            {
                random.GetItems("abcdefghijklmnopqrstuvwxyz"u8, value);
            }
            else
            {
                random.NextBytes(value);
            }
        }
    }

    /// <summary>Makes batches of one record.</summary>
    internal static EncodedBatches Single(int valueBytes) => Make(valueBytes, 0);

    /// <summary>Appends a value until the buffer is full; returns how many records that were.</summary>
    internal static int Fill(RecordBatchBuilder builder, byte[] value)
    {
        builder.Reset();
        int bound = RecordBatchBuilder.SizeUpperBound(-1, value.Length, 1);
        do
        {
            builder.Append(TimestampMs, default, isKeyNull: true, value, isValueNull: false);
        }
        while (builder.HasRoomFor(bound));
        return builder.Count;
    }
}
