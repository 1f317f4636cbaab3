namespace Zurau.Harness.Bench.Work;

/// <summary>Sends as fast as possible.</summary>
internal static class Sender
{
    /// <summary>
    /// Sends a value repeatedly without a key, and returns when the last record is
    /// acknowledged.
    /// </summary>
    internal static void Send(ClientLog log, string topic, byte[] value, long records, ProducerOptions options) =>
        Send(log, topic, [value], records, options);

    /// <summary>
    /// Sends several values in rotation, and returns when the last record is
    /// acknowledged.
    /// </summary>
    internal static void Send(ClientLog log, string topic, IReadOnlyList<byte[]> values, long records, ProducerOptions options)
    {
        byte[][] all = [.. values];
        int next = 0;
        var producer = new Producer<byte[]?, byte[]>(log.Transport, options);
        for (long i = 0; i < records; i++)
        {
            producer.Send(new ProducerRecord<byte[]?, byte[]>(topic, null, all[next]));
            next = next + 1 == all.Length ? 0 : next + 1;
        }

        producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
