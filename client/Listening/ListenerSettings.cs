namespace Zurau.Listening;

/// <summary>
/// What one listener runs with, from its attribute and every section that has a say. Checked; see <see cref="ListenerSettingsResolver"/>.
/// </summary>
internal sealed record ListenerSettings
{
    public required string Id { get; init; }

    public required IReadOnlyList<string> Topics { get; init; }

    public required string GroupId { get; init; }

    /// <summary>Never <see cref="Zurau.AckMode.Default"/>.</summary>
    public required AckMode AckMode { get; init; }

    public required OnExhausted OnExhausted { get; init; }

    public required int BackOffIntervalMs { get; init; }

    /// <summary>Retries after the first attempt; -1 for ever.</summary>
    public required int BackOffMaxRetries { get; init; }

    public required IReadOnlyList<string> NotRetryableExceptions { get; init; }

    public required string DeadLetterSuffix { get; init; }

    public required TimeSpan PollTimeout { get; init; }

    public required TimeSpan ShutdownTimeout { get; init; }

    public required bool AutoStartup { get; init; }

    public required ConsumerOptions Consumer { get; init; }

    public bool IsManual => AckMode is AckMode.Manual or AckMode.ManualImmediate;
}
