using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// The Linux error numbers that the engine's storage interface has no name for.
/// </summary>
internal static class Errno
{
    internal const int Interrupted = 4;
    internal const int NoMemory = 12;
    internal const int TooManyOpenFiles = 24;
    internal const int QuotaExceeded = 122;

    /// <summary>Returns the name of an error number that a test can inject.</summary>
    internal static string Name(int errno) => errno switch
    {
        Interrupted => "EINTR",
        DiskFaults.InputOutputError => "EIO",
        NoMemory => "ENOMEM",
        TooManyOpenFiles => "EMFILE",
        DiskFaults.NoSpace => "ENOSPC",
        DiskFaults.ReadOnly => "EROFS",
        QuotaExceeded => "EDQUOT",
        _ => $"errno {errno}",
    };

    internal static readonly IoResult BadDescriptor = new(9);
    internal static readonly IoResult NotDirectory = new(20);
    internal static readonly IoResult IsDirectory = new(21);
    internal static readonly IoResult InvalidArgument = new(22);
    internal static readonly IoResult FileTooBig = new(27);
    internal static readonly IoResult NotEmpty = new(39);
}
