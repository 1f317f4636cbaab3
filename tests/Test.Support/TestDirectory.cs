using Zurau.Inspection;

namespace Zurau.Tests;

/// <summary>
/// A directory of its own for one test, deleted afterwards. A data directory that a
/// broker closed in it is checked first.
/// </summary>
internal sealed class TestDirectory(bool isChecked = true) : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("zurau-test-").FullName;

    /// <summary>A path inside of it.</summary>
    internal string At(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            if (isChecked)
            {
                Soundness.AssertSoundIfClosed(new DiskFiles(Path));
            }
        }
        finally
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
