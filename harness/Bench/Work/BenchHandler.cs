namespace Zurau.Harness.Bench.Work;

/// <summary>A handler that does nothing but count, and takes as long as it is told.</summary>
internal sealed class BenchHandler(HandledRecords handled)
{
    internal const string Id = "bench";

    /// <summary>Handles a record of any bytes.</summary>
    [KafkaListener("bench", Id = Id)]
    public void Handle(byte[] value) => handled.Add(value.Length);
}
