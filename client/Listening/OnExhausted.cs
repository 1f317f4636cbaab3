namespace Zurau;

/// <summary>What happens to a record whose retries are used up.</summary>
public enum OnExhausted
{
    /// <summary>It goes to the dead-letter topic; its offset is committed once that publish is acknowledged.</summary>
    DeadLetter,

    /// <summary>The listener stops; the record is delivered again after a restart.</summary>
    Stop,

    /// <summary>It is skipped, with an error in the log and a metric.</summary>
    Skip,
}
