using System.Runtime.CompilerServices;

namespace ProcessTests.Processes;

/// <summary>
/// A test that mounts its own file systems; skipped with a reason if that is not
/// allowed.
/// </summary>
public sealed class MountFactAttribute : FactAttribute
{
    private static readonly string? s_memory = Obstacle(static () => TemporaryMount.InMemory(1 << 20));
    private static readonly string? s_ext4 = Obstacle(static () => TemporaryMount.Ext4(16 << 20));
    private static readonly Lazy<string?> s_xfs = new(static () => Obstacle(static () => TemporaryMount.Xfs(320 << 20)));

    public MountFactAttribute(bool needsDevice = false, bool needsXfs = false, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if ((needsXfs ? s_xfs.Value : needsDevice ? s_ext4 : s_memory) is { } obstacle)
        {
            Skip = "not run: " + obstacle;
        }
    }

    private static string? Obstacle(Func<TemporaryMount> mount)
    {
        try
        {
            mount().Dispose();
            return null;
        }
        catch (Exception exception) when (exception is IOException or System.ComponentModel.Win32Exception)
        {
            return $"file systems cannot be mounted here ({exception.Message})";
        }
    }
}
