using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine;

/// <summary>Kafka's <c>meta.properties</c>: which cluster and directory this is. Made at the first start, kept afterwards.</summary>
internal static class MetaProperties
{
    private const string FileName = "meta.properties";

    internal static void Ensure(IStorage storage, Random random)
    {
        if (CheckpointFile.Read(storage, FileName) is null)
        {
            string clusterId = KafkaUuid.Format(KafkaUuid.Create(random));
            string directoryId = KafkaUuid.Format(KafkaUuid.Create(random));

            // The directory is flushed with the first topic: until then a crash may take the file, and nothing yet depends on what it says.
            CheckpointFile.Write(storage, FileName, $"version=1\ncluster.id={clusterId}\nnode.id=1\ndirectory.id={directoryId}\n", syncsDirectory: false);
        }
    }
}
