using Zurau;
using Zurau.Embedded;
using Zurau.Engine.Storage;
using Zurau.Testing;

namespace Client.Tests.Hosting;

/// <summary>An in-memory Zurau leaks no descriptors, no mappings and no memory.</summary>
[CollectionDefinition(nameof(EmbeddedKafkaLeakTests), DisableParallelization = true)]
[Collection(nameof(EmbeddedKafkaLeakTests))]
public sealed class EmbeddedKafkaLeakTests
{
    private const int Instances = 20;
    private const int SentBytes = 256 * 1024;

    [Fact]
    public async Task Nothing_of_a_disposed_instance_remains() // F27
    {
        await RunAsync(); // What is made once in a process.
        await RunAsync();
        Collect();
        (int descriptors, int mappings, long bytes) = (CountDescriptors(), CountMappings(), GC.GetTotalMemory(forceFullCollection: true));
        for (int i = 0; i < Instances; i++)
        {
            await RunAsync();
        }

        Collect();
        Assert.Equal(descriptors, CountDescriptors());
        Assert.Equal(mappings, CountMappings());
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - bytes, long.MinValue, Instances * SentBytes / 4);
    }

    [Fact]
    public async Task A_storage_of_the_caller_s_stays_when_the_transport_is_disposed()
    {
        using var storage = new MemoryStorage();
        await using (EmbeddedTransport first = EmbeddedTransport.Open(storage, new ZurauOptions()))
        {
            await first.Admin.CreateTopicAsync(new NewTopic("orders"), TestContext.Current.CancellationToken);
        }

        await using EmbeddedTransport second = EmbeddedTransport.Open(storage, new ZurauOptions());
        Assert.Equal("orders", (await second.Admin.DescribeTopicAsync("orders", TestContext.Current.CancellationToken)).Name);
    }

    private static async Task RunAsync()
    {
        await using EmbeddedKafka kafka = await EmbeddedKafka.StartAsync();
        await kafka.SendAsync("orders", "key", new string('x', SentBytes));
        Assert.Single(await kafka.ReadAllAsync<string>("orders"));
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static int CountDescriptors() => new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Count(static entry => entry.LinkTarget?.Contains("zurau", StringComparison.Ordinal) == true);

    private static int CountMappings() => File.ReadLines("/proc/self/maps").Count(static line => line.Contains("memfd:zurau", StringComparison.Ordinal));
}
