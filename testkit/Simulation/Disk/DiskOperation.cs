namespace Zurau.Testing.Simulation;

/// <summary>Specifies classes of disk operations. Values can be combined.</summary>
[Flags]
public enum DiskOperation
{
    /// <summary>Specifies no operation.</summary>
    None = 0,

    /// <summary>Opens an existing file.</summary>
    Open = 1,

    /// <summary>Creates a file and opens it.</summary>
    Create = 1 << 1,

    /// <summary>Reads the length of a file.</summary>
    Length = 1 << 2,

    /// <summary>Reads bytes of a file.</summary>
    Read = 1 << 3,

    /// <summary>Writes bytes to a file.</summary>
    Write = 1 << 4,

    /// <summary>Allocates blocks to a range of a file.</summary>
    Allocate = 1 << 5,

    /// <summary>Truncates or extends a file.</summary>
    SetLength = 1 << 6,

    /// <summary>Makes the bytes of a file durable.</summary>
    Flush = 1 << 7,

    /// <summary>Maps a file into memory.</summary>
    Map = 1 << 8,

    /// <summary>Renames a file or directory.</summary>
    Rename = 1 << 9,

    /// <summary>Deletes a file.</summary>
    Delete = 1 << 10,

    /// <summary>Lists the names in a directory.</summary>
    List = 1 << 11,

    /// <summary>Makes the entries of a directory durable.</summary>
    SyncDirectory = 1 << 12,

    /// <summary>Creates a directory.</summary>
    CreateDirectory = 1 << 13,

    /// <summary>Deletes a directory.</summary>
    DeleteDirectory = 1 << 14,

    /// <summary>
    /// Writes back a dirty page, as the kernel does. The next flush of the file reports a
    /// failure.
    /// </summary>
    Writeback = 1 << 15,

    /// <summary>Loads a mapped range into memory before it is read.</summary>
    Populate = 1 << 16,

    /// <summary>Specifies all operations.</summary>
    All = (1 << 17) - 1,
}
