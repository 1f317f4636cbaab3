using System.Text.Json;
using Zurau;
using Zurau.Embedded;
using Zurau.Engine.Records;

namespace Client.Tests.Support;

/// <summary>
/// A data directory taken over from a real Kafka: copies of partitions' <c>.log</c>
/// files, which the engine adopts by their folders' names; and what Kafka's own tools
/// say about them.
/// </summary>
internal sealed class KafkaDirectory : IDisposable
{
    private static readonly string s_root = Path.Combine(AppContext.BaseDirectory, "golden", "logs");

    private readonly TestDirectory _directory = new(isChecked: false); // Tests damage it.

    internal KafkaDirectory(params string[] partitions)
    {
        foreach (string partition in partitions)
        {
            Directory.CreateDirectory(Path.Combine(_directory.Path, partition));
            foreach (string file in Directory.EnumerateFiles(Path.Combine(s_root, "clean", partition), "*.log"))
            {
                File.Copy(file, Path.Combine(_directory.Path, partition, Path.GetFileName(file)));
            }
        }
    }

    internal EmbeddedTransport Open() => EmbeddedTransport.Open(new ZurauOptions { BootstrapServers = $"embedded:{_directory.Path}" });

    /// <summary>Changes the bytes of a partition's first segment.</summary>
    internal void Change(string partition, Action<byte[]> change)
    {
        string path = Directory.EnumerateFiles(Path.Combine(_directory.Path, partition)).Order(StringComparer.Ordinal).First();
        byte[] bytes = File.ReadAllBytes(path);
        change(bytes);
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Takes the last batches off a partition, from an offset on.</summary>
    internal void Cut(string partition, long offset)
    {
        string path = Directory.EnumerateFiles(Path.Combine(_directory.Path, partition)).Order(StringComparer.Ordinal).Last();
        byte[] bytes = File.ReadAllBytes(path);
        int end = 0;
        while (RecordBatchView.TryRead(bytes.AsSpan(end), out RecordBatchView batch) && batch.BaseOffset < offset)
        {
            end += batch.SizeBytes;
        }

        File.WriteAllBytes(path, bytes[..end]);
    }

    /// <summary>The records that Kafka's reader finds in a partition, markers left out.</summary>
    internal static IReadOnlyList<JsonElement> Records(string partition) =>
    [
        .. File.ReadLines(Path.Combine(s_root, "decoded", partition + ".jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(batch => !batch.GetProperty("control").GetBoolean())
            .SelectMany(batch => batch.GetProperty("records").EnumerateArray()),
    ];

    /// <summary>The offsets that Kafka's consumer saw in a topic.</summary>
    internal static IReadOnlyList<long> Visible(string topic, string isolation) =>
    [
        .. File.ReadLines(Path.Combine(s_root, "answers.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(answer => answer.TryGetProperty("visible", out _))
            .Select(answer => answer.GetProperty("visible"))
            .Single(visible => visible.GetProperty("topic").GetString() == topic && visible.GetProperty("isolation").GetString() == isolation)
            .GetProperty("offsets")
            .EnumerateArray()
            .Select(offset => offset.GetInt64()),
    ];

    public void Dispose() => _directory.Dispose();
}
