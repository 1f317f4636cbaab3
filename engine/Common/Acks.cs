namespace Zurau;

/// <summary>Says when a producer hears that its batch was appended (Kafka's <c>acks</c>).</summary>
public enum Acks
{
    /// <summary>On disk (fdatasync, shared by all who wait): survives power loss.</summary>
    All = -1,

    /// <summary>At once; the offset is not reported (-1) and errors are not either.</summary>
    None = 0,

    /// <summary>Published to readers, in the page cache: survives kill -9, not power loss.</summary>
    Leader = 1,
}
