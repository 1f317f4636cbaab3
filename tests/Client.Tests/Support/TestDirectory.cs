namespace Client.Tests.Support;

/// <summary>A directory of its own for one test, deleted afterwards.</summary>
internal sealed class TestDirectory : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("zurau-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
