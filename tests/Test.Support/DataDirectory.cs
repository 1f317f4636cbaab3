using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Inspection;

namespace Zurau.Tests;

/// <summary>
/// Reads what a finished process left, through an engine opened on its data directory.
/// </summary>
internal sealed class DataDirectory : IAsyncDisposable
{
    private readonly Broker _broker;
    private readonly string _path;

    private DataDirectory(string path)
    {
        _path = path;
        _broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(path) });
    }

    /// <summary>A record as it is in the log.</summary>
    internal sealed record Stored(int Partition, long Offset, string Value, Headers Headers);

    public static DataDirectory Open(string path) => new(path);

    /// <summary>Reads every record of a topic, partition by partition.</summary>
    public async Task<IReadOnlyList<Stored>> ReadAsync(string topic)
    {
        Check(_broker.DescribeTopic(topic, autoCreate: false, out TopicDescription? description));
        var records = new List<Stored>();
        for (int partition = 0; partition < description!.Partitions; partition++)
        {
            await ReadAsync(new TopicPartition(topic, partition), records);
        }

        return records;
    }

    /// <summary>Records that a group has not committed yet, over all partitions of a topic.</summary>
    public long Lag(string topic, string groupId)
    {
        Check(_broker.DescribeTopic(topic, autoCreate: false, out TopicDescription? description));
        long lag = 0;
        for (int number = 0; number < description!.Partitions; number++)
        {
            var partition = new TopicPartition(topic, number);
            Check(_broker.ListOffsets(partition, out long start, out long end));
            lag += end - (_broker.Groups.FetchOffsets(groupId, [partition])[0].Committed?.Offset ?? start);
        }

        return lag;
    }

    /// <summary>Closes the engine and checks the structure of every file that it left.</summary>
    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        CheckReport report = DirectoryCheck.Run(new DiskFiles(_path))!;
        Assert.True(report.Findings.Count == 0 && report.Notes.Count == 0, string.Join('\n', report.Findings.Concat(report.Notes)));
    }

    private static void Check(ErrorResult result) => Assert.True(result.IsSuccess, $"{result.Error}: {result.Message}");

    private async Task ReadAsync(TopicPartition partition, List<Stored> records)
    {
        Check(_broker.ListOffsets(partition, out long offset, out long end));
        while (offset < end)
        {
            using FetchResponse response = await _broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset)] });
            Assert.Equal(ErrorCode.None, response.Partitions[0].Error);
            offset = Decode(partition.Partition, offset, response.Partitions[0].Records.Span, records);
        }
    }

    private static long Decode(int partition, long offset, ReadOnlySpan<byte> bytes, List<Stored> records)
    {
        Assert.False(bytes.IsEmpty);
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            Assert.True(batch.IsCrcValid(), $"The batch at offset {batch.BaseOffset} of partition {partition} is damaged.");
            RecordReader reader = batch.Records();
            while (reader.Read())
            {
                if (reader.Offset >= offset)
                {
                    records.Add(new Stored(partition, reader.Offset, System.Text.Encoding.UTF8.GetString(reader.Value), reader.Headers.ToHeaders()));
                }
            }

            offset = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return offset;
    }
}
