using System.Buffers.Binary;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Coordination;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Coordination;

/// <summary>
/// A committed offset that this engine cannot read is not a tombstone: without it a
/// group would skip or repeat records.
/// </summary>
public sealed class UnknownOffsetValueTests
{
    [Theory]
    [InlineData((short)5)]
    [InlineData((short)-1)]
    public async Task An_offset_of_an_unknown_version_ends_the_startup_with_its_place(short version)
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = storage }))
        {
            Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            Assert.Equal(ErrorCode.None, (await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(1))]))[0].Error);
            PartitionLog log = broker.FindLog(new TopicPartition("__consumer_offsets", 0))!;
            byte[] value = OffsetRecords.Value(new OffsetAndMetadata(7), 0);
            BinaryPrimitives.WriteInt16BigEndian(value, version);
            var batch = new RecordBatchBuilder(new byte[1000]);
            batch.Append(0, OffsetRecords.Key("billing", BrokerExtensions.Orders), isKeyNull: false, value, isValueNull: false);
            Assert.Equal(ErrorCode.None, log.Append(batch.Build(), AppendOrigin.Coordinator).Error);
        }

        StorageException refused = Assert.Throws<StorageException>(() => Broker.Open(new BrokerSettings { Storage = storage }));
        Assert.Contains("'__consumer_offsets-0' cannot be read at offset 1", refused.Message);
    }
}
