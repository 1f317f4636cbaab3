using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>Startup deletes only what it can prove to be its own.</summary>
public sealed class ForeignFolderTests : IDisposable
{
    private const string DeletedName = "old-0.0123456789abcdef0123456789abcdef-delete";
    private readonly MemoryStorage _storage = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Folders_of_an_application_stay_whatever_they_are_called(bool hasTopics) // S9
    {
        if (hasTopics)
        {
            await using Broker first = Open();
            Assert.True(first.CreateTopic(new NewTopic("orders")).IsSuccess);
        }

        string[] foreign =
        [
            "backup-2024/important.tar", "backup-2023/00000000000000000000.log.gz", $"{DeletedName}/important.tar", "photos-1/holiday.tmp", "logs-7/partition.metadata.txt",
        ];
        Array.ForEach(foreign, Write);
        await using (Broker broker = Open())
        {
            Assert.Equal(hasTopics ? ["orders"] : [], broker.ListTopics().Select(static topic => topic.Name));
        }

        await using Broker again = Open();
        Assert.All(foreign, path => Assert.Equal("precious"u8.ToArray(), WholeFile.Read(_storage, path)));
    }

    [Fact]
    public async Task Folders_of_a_creation_or_a_deletion_that_was_interrupted_are_deleted() // S9, K2
    {
        await using (Broker first = Open())
        {
            Assert.True(first.CreateTopic(new NewTopic("orders")).IsSuccess);
        }

        Write("new-0/partition.metadata");
        Write("new-0/leader-epoch-checkpoint.tmp");
        Write(DeletedName + "/00000000000000000000.log");
        Write(DeletedName + "/00000000000000000000.timeindex");
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        await using var broker = Broker.Open(new BrokerSettings { Storage = _storage, RandomSeed = 1, TimeProvider = time, DutyPump = pump });
        pump.Step(); // The files of a deleted topic are deleted in the background.
        _storage.List("", out IReadOnlyList<string> names);
        Assert.DoesNotContain("new-0", names);
        Assert.DoesNotContain(DeletedName, names);
        Assert.Contains("orders-0", names);
    }

    [Fact]
    public async Task A_deleted_folder_that_names_another_topic_s_id_stays() // S9
    {
        await using (Broker first = Open())
        {
            Assert.True(first.CreateTopic(new NewTopic("orders")).IsSuccess);
        }

        byte[] metadata = WholeFile.Read(_storage, "orders-0/partition.metadata")!;
        Write(DeletedName + "/partition.metadata", metadata);
        Write(DeletedName + "/00000000000000000000.log", "precious"u8.ToArray());
        await using Broker broker = Open();
        Assert.Equal("precious"u8.ToArray(), WholeFile.Read(_storage, DeletedName + "/00000000000000000000.log"));
    }

    public void Dispose() => _storage.Dispose();

    private Broker Open() => Broker.Open(new BrokerSettings { Storage = _storage, RandomSeed = 1 });

    private void Write(string path) => Write(path, "precious"u8.ToArray());

    private void Write(string path, byte[] bytes)
    {
        Assert.True(_storage.CreateDirectory(path[..path.IndexOf('/')]).UnlessExists().IsOk);
        Assert.True(_storage.Open(path, FileOpening.Truncated, out IStorageFile? file).IsOk);
        using (file)
        {
            Assert.True(file!.Write(0, bytes).IsOk);
        }
    }
}
