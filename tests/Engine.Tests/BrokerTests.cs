using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Engine.Tests;

public sealed class BrokerTests
{
    [Theory]
    [InlineData(Acks.None)]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task What_is_appended_is_read_again_also_after_a_clean_restart(Acks acks)
    {
        using var directory = new TestDirectory();
        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path) }))
        {
            Assert.True(broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
            for (int i = 0; i < 100; i++)
            {
                AppendResult result = await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of($"a{i}", $"b{i}"), acks);
                Assert.Equal(ErrorCode.None, result.Error);
                Assert.Equal(acks == Acks.None ? -1 : i * 2, result.BaseOffset);
            }

            Assert.Equal(200, (await broker.ReadAllAsync(BrokerExtensions.Orders)).Count);
        }

        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path) }))
        {
            List<(long Offset, string Value)> records = await broker.ReadAllAsync(BrokerExtensions.Orders);
            Assert.Equal(Enumerable.Range(0, 200).Select(static i => ((long)i, $"{(i % 2 == 0 ? 'a' : 'b')}{i / 2}")), records);
            Assert.Equal(200, (await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("next"), Acks.All)).BaseOffset);
        }
    }
}
