namespace Zurau.Engine.Records;

/// <summary>The attribute bits of a batch.</summary>
[Flags]
public enum BatchAttributes : short
{
    /// <summary>Not compressed, CreateTime, plain data.</summary>
    None = 0,

    /// <summary>The codec's three bits.</summary>
    CompressionMask = 0x07,

    /// <summary>Timestamps are the log's append time.</summary>
    LogAppendTime = 0x08,

    /// <summary>Part of a transaction.</summary>
    Transactional = 0x10,

    /// <summary>A marker of the coordinator, never delivered to users.</summary>
    Control = 0x20,

    /// <summary>The base timestamp is the cleaner's delete horizon.</summary>
    HasDeleteHorizon = 0x40,
}
