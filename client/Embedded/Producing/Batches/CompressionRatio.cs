namespace Zurau.Embedded.Producing.Batches;

/// <summary>
/// Estimates how small a topic's records become, so that batches are full when they are compressed. Kafka's way: it believes at once that
/// records compress badly, and slowly that they compress well. Thread-safe; updates that meet may lose one.
/// </summary>
internal sealed class CompressionRatio
{
    /// <summary>What an estimate is taken to be larger, because it is one.</summary>
    internal const float Caution = 1.05f;

    private const float StepUp = 0.05f;
    private const float StepDown = 0.005f;

    private volatile float _estimate = 1;

    /// <summary>Compressed bytes per byte.</summary>
    internal float Estimate => _estimate;

    /// <summary>Learns from a batch.</summary>
    internal void Observe(int compressedBytes, int bytes)
    {
        float observed = (float)compressedBytes / bytes;
        float estimate = _estimate;
        _estimate = observed > estimate ? Math.Max(estimate + StepUp, observed) : Math.Max(estimate - StepDown, observed);
    }

    /// <summary>Believes nothing any more: a batch was too large.</summary>
    internal void Reset() => _estimate = Math.Max(1, _estimate);
}
