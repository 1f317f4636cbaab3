namespace Zurau;

/// <summary>
/// Specifies the source of record timestamps (<c>message.timestamp.type</c>).
/// </summary>
public enum TimestampType
{
    /// <summary>The producer.</summary>
    CreateTime = 0,

    /// <summary>The log, when it appended the batch.</summary>
    LogAppendTime = 1,
}
