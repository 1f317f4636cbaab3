using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ProcessTests.Processes;

/// <summary>
/// A small file system for one test: in memory with a limit, or ext4 or XFS in a file,
/// which can be disconnected from its device.
/// </summary>
internal sealed partial class TemporaryMount : IDisposable
{
    private const nuint Shutdown = 0x8004587D; // EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32).
    private const int WithoutFlush = 2; // Neither the journal nor data: what a power cut leaves.
    private readonly TestDirectory _directory = new();
    private readonly string? _image;

    private TemporaryMount(string? image, string[] mount)
    {
        _image = image;
        Path = Directory.CreateDirectory(_directory.At("mount")).FullName;
        Arguments = [.. mount, Path];
    }

    internal string Path { get; }

    private string[] Arguments { get; }

    /// <summary>Mounts memory of so many bytes.</summary>
    internal static TemporaryMount InMemory(long bytes)
    {
        var mount = new TemporaryMount(null, ["-t", "tmpfs", "-o", $"size={bytes}", "tmpfs"]);
        mount.Mount();
        return mount;
    }

    /// <summary>Mounts a new ext4.</summary>
    internal static TemporaryMount Ext4(long bytes) => InFile(bytes, "mkfs.ext4", "-q", "-F");

    /// <summary>
    /// Mounts a new XFS of 300 MiB at least, nearly all of it sparse. Its files may share
    /// blocks unless told otherwise.
    /// </summary>
    internal static TemporaryMount Xfs(long bytes, bool canShareBlocks = true) => InFile(bytes, "mkfs.xfs", "-q", "-f", "-m", canShareBlocks ? "reflink=1" : "reflink=0");

    private static TemporaryMount InFile(long bytes, string tool, params string[] arguments)
    {
        string image = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"zurau-{Guid.NewGuid():N}.img");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(bytes);
        }

        var mount = new TemporaryMount(image, ["-o", "loop", image]);
        try
        {
            Run(tool, [.. arguments, image]);
            mount.Mount();
            return mount;
        }
        catch
        {
            File.Delete(image);
            mount._directory.Dispose();
            throw;
        }
    }

    internal void Mount() => Run("mount", Arguments);

    internal void Unmount() => Run("umount", Path);

    internal void Remount(string option) => Run("mount", "-o", "remount," + option, Path);

    /// <summary>
    /// Cuts ext4 or XFS off at once: from now on every write fails, and what is not on the
    /// device never gets there.
    /// </summary>
    internal void CutPower()
    {
        int descriptor = Open(Path, 0x10000 | 0x80000, 0); // O_DIRECTORY | O_CLOEXEC
        int flags = WithoutFlush;
        int result = Control(descriptor, Shutdown, ref flags);
        _ = Close(descriptor);
        Assert.True(result == 0, $"the file system could not be disconnected: errno {Marshal.GetLastPInvokeError()}");
    }

    public void Dispose()
    {
        try
        {
            Run("umount", "-l", Path);
        }
        finally
        {
            if (_image is not null)
            {
                File.Delete(_image);
            }

            _directory.Dispose();
        }
    }

    /// <summary>Runs a tool; throws with what it said where it fails.</summary>
    internal static void Run(string tool, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{tool} {string.Join(' ', arguments)}: {errors.Trim()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref int argument);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
