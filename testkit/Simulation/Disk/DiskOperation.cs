namespace Zurau.Testing.Simulation;

/// <summary>Classes of disk operations, to be combined.</summary>
[Flags]
public enum DiskOperation
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Opening a file that is there.</summary>
    Open = 1,

    /// <summary>Opening a file that is made by it.</summary>
    Create = 1 << 1,

    /// <summary>Asking for a file's length.</summary>
    Length = 1 << 2,

    /// <summary>Reading.</summary>
    Read = 1 << 3,

    /// <summary>Writing.</summary>
    Write = 1 << 4,

    /// <summary>Giving a range blocks.</summary>
    Allocate = 1 << 5,

    /// <summary>Cutting or extending.</summary>
    SetLength = 1 << 6,

    /// <summary>Making a file's bytes durable.</summary>
    Flush = 1 << 7,

    /// <summary>Mapping.</summary>
    Map = 1 << 8,

    /// <summary>Renaming.</summary>
    Rename = 1 << 9,

    /// <summary>Deleting a file.</summary>
    Delete = 1 << 10,

    /// <summary>Listing a directory.</summary>
    List = 1 << 11,

    /// <summary>Making a directory's entries durable.</summary>
    SyncDirectory = 1 << 12,

    /// <summary>Making a directory.</summary>
    CreateDirectory = 1 << 13,

    /// <summary>Deleting a directory.</summary>
    DeleteDirectory = 1 << 14,

    /// <summary>The kernel's own writing of a dirty page; its failure is heard of by the next flush.</summary>
    Writeback = 1 << 15,

    /// <summary>Bringing a mapped range into memory to be read.</summary>
    Populate = 1 << 16,

    /// <summary>All of them.</summary>
    All = (1 << 17) - 1,
}
