using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// A test of the native codec's sample; skipped with a reason if libzstd is not
/// installed.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NativeCodecFactAttribute : FactAttribute
{
    public NativeCodecFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!NativeLibrary.TryLoad("libzstd.so.1", out _))
        {
            Skip = "not run: libzstd.so.1 is not installed (Debian, Ubuntu: libzstd1)";
        }
    }
}
