namespace Zurau.Harness.Bench.Work;

/// <summary>
/// A handler that only counts records; <see cref="HandledRecords"/> specifies the time
/// per record.
/// </summary>
internal sealed class BenchHandler(HandledRecords handled)
{
    internal const string Id = "bench";

    /// <summary>Handles a record of any bytes.</summary>
    [KafkaListener("bench", Id = Id)]
    public void Handle(byte[] value) => handled.Add(value.Length);
}
