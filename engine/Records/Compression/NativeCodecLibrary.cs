using System.Runtime.InteropServices;

namespace Zurau.Engine.Records.Compression;

/// <summary>
/// A shared library of the operating system that a codec needs. It is looked for when the codec is first used, so a missing one
/// costs only its codec; it is looked for again at every use, so installing it needs no restart.
/// </summary>
internal sealed record NativeCodecLibrary(string Codec, string LinuxName, string MacName, string WindowsName, string Package)
{
    internal static readonly NativeCodecLibrary Lz4 = new("lz4", "liblz4.so.1", "liblz4.1.dylib", "liblz4.dll", "liblz4-1");

    internal static readonly NativeCodecLibrary Zstd = new("zstd", "libzstd.so.1", "libzstd.1.dylib", "libzstd.dll", "libzstd1");

    internal string FileName => OperatingSystem.IsWindows() ? WindowsName : OperatingSystem.IsMacOS() ? MacName : LinuxName;

    /// <summary>Loads the library for the life of the process.</summary>
    /// <exception cref="CodecUnavailableException">It is not on this machine.</exception>
    internal nint Load() => NativeLibrary.TryLoad(FileName, out nint library)
        ? library
        : throw new CodecUnavailableException(
            $"The codec {Codec} needs the library {FileName}, which is not on this machine: install it (on Debian and Ubuntu the package '{Package}'), " +
            $"or register another codec with {nameof(CompressionCodecs)}.{nameof(CompressionCodecs.Register)}.");

    /// <summary>Finds a function of the loaded library.</summary>
    /// <exception cref="CodecUnavailableException">The library has no such function.</exception>
    internal nint Function(nint library, string name) => NativeLibrary.TryGetExport(library, name, out nint function)
        ? function
        : throw new CodecUnavailableException(
            $"The library {FileName} on this machine has no function {name}, which the codec {Codec} needs: install a newer one (on Debian and Ubuntu the package '{Package}').");
}
