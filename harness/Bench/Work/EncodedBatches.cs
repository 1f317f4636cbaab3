using Zurau.Engine.Records;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Batches of records with random bytes or letters as values, encoded once, for raw
/// appends.
/// </summary>
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

    /// <summary>Gets a value as the records contain it.</summary>
    internal byte[] Value { get; }

    internal int RecordsPerBatch { get; }

    internal int BatchBytes => Batches[0].Length;

    /// <summary>
    /// Gets the bytes of the log per record, including its share of the header.
    /// </summary>
    internal double BytesPerRecord => (double)BatchBytes / RecordsPerBatch;

    /// <summary>
    /// Creates batches of limited size from records without a key, or batches of one
    /// record.
    /// </summary>
    /// <param name="valueBytes">The size of each value.</param>
    /// <param name="maxBatchBytes">The maximum size of a batch, unless one record needs
    /// more.</param>
    /// <param name="isText">True for letters only, for consumers of strings: decoding
    /// bytes that are not UTF-8 is slow.</param>
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

    /// <summary>Creates batches of one record.</summary>
    internal static EncodedBatches Single(int valueBytes) => Make(valueBytes, 0);

    /// <summary>
    /// Appends a value until the buffer is full; returns the number of records.
    /// </summary>
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
