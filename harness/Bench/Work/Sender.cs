namespace Zurau.Harness.Bench.Work;

/// <summary>Sends as fast as it may.</summary>
internal static class Sender
{
    /// <summary>Sends a value over and over without a key, and returns when the last record is acknowledged.</summary>
    internal static void Send(ClientLog log, string topic, byte[] value, long records, ProducerOptions options)
    {
        var producer = new Producer<byte[]?, byte[]>(log.Transport, options);
        for (long i = 0; i < records; i++)
        {
            producer.Send(new ProducerRecord<byte[]?, byte[]>(topic, null, value));
        }

        producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
