namespace Zurau.Testing.Simulation;

/// <summary>Specifies classes of disk operations; values can be combined.</summary>
[Flags]
public enum DiskOperation
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Opening an existing file.</summary>
    Open = 1,

    /// <summary>Opening a file that does not exist, which creates it.</summary>
    Create = 1 << 1,

    /// <summary>Reading the length of a file.</summary>
    Length = 1 << 2,

    /// <summary>Reading.</summary>
    Read = 1 << 3,

    /// <summary>Writing.</summary>
    Write = 1 << 4,

    /// <summary>Allocating blocks to a range.</summary>
    Allocate = 1 << 5,

    /// <summary>Truncating or extending a file.</summary>
    SetLength = 1 << 6,

    /// <summary>Making the bytes of a file durable.</summary>
    Flush = 1 << 7,

    /// <summary>Mapping a file.</summary>
    Map = 1 << 8,

    /// <summary>Renaming.</summary>
    Rename = 1 << 9,

    /// <summary>Deleting a file.</summary>
    Delete = 1 << 10,

    /// <summary>Listing a directory.</summary>
    List = 1 << 11,

    /// <summary>Making the entries of a directory durable.</summary>
    SyncDirectory = 1 << 12,

    /// <summary>Creating a directory.</summary>
    CreateDirectory = 1 << 13,

    /// <summary>Deleting a directory.</summary>
    DeleteDirectory = 1 << 14,

    /// <summary>Writing a dirty page by the kernel; the next flush reports its failure.</summary>
    Writeback = 1 << 15,

    /// <summary>Loading a mapped range into memory before it is read.</summary>
    Populate = 1 << 16,

    /// <summary>All operations.</summary>
    All = (1 << 17) - 1,
}
