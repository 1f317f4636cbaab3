using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine;

/// <summary>
/// Reads and writes Kafka's <c>meta.properties</c>, which identifies cluster and
/// directory. Created at the first startup, then kept.
/// </summary>
internal static class MetaProperties
{
    private const string FileName = "meta.properties";

    internal static void Ensure(IStorage storage, Random random)
    {
        if (CheckpointFile.Read(storage, FileName) is null)
        {
            string clusterId = KafkaUuid.Format(KafkaUuid.Create(random));
            string directoryId = KafkaUuid.Format(KafkaUuid.Create(random));

            // The directory is flushed with the first topic: until then a crash may lose the file,
            // but nothing depends on its content yet.
            CheckpointFile.Write(storage, FileName, $"version=1\ncluster.id={clusterId}\nnode.id=1\ndirectory.id={directoryId}\n", syncsDirectory: false);
        }
    }
}
