namespace Zurau.Tests;

/// <summary>A directory of a test's own, deleted with what is in it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    /// <summary>The directory.</summary>
    public string FullName { get; } = Directory.CreateTempSubdirectory("zurau-").FullName;

    /// <summary>A path inside of it.</summary>
    public string At(string name) => Path.Combine(FullName, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
