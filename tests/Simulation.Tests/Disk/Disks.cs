using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>Short ways to use a simulated disk in tests.</summary>
internal static class Disks
{
    internal const int Page = 4096;
    internal const int Sector = 512;

    internal static readonly DiskProfile[] Honest = [DiskProfile.Ideal, DiskProfile.Sequential, DiskProfile.Ext4Ordered, DiskProfile.Nasty];

    /// <summary>Runs a law for seeds; a failure prints its own.</summary>
    internal static void ForSeeds(int count, Action<ulong> law) => Property.HoldsForSeeds(count, seed => law((uint)seed));

    internal static IStorageFile Create(this IStorage storage, string path, FileOpening opening = FileOpening.New)
    {
        storage.Open(path, opening, out IStorageFile? file).ThrowIfFailed($"Opening '{path}'");
        return file!;
    }

    internal static IStorageFile OpenFile(this IStorage storage, string path) => storage.Create(path, FileOpening.Existing);

    internal static void MustWrite(this IStorageFile file, long position, ReadOnlySpan<byte> bytes) => file.Write(position, bytes).ThrowIfFailed("Writing");

    internal static void MustFlush(this IStorageFile file) => file.FlushData().ThrowIfFailed("Flushing");

    internal static MappedRegion MustMap(this IStorageFile file, int length)
    {
        file.Map(length, out MappedRegion? region).ThrowIfFailed("Mapping");
        return region!;
    }

    /// <summary>Bytes without a zero among them.</summary>
    internal static byte[] Bytes(SimRandom random, int length)
    {
        byte[] bytes = new byte[length];
        foreach (ref byte value in bytes.AsSpan())
        {
            value = (byte)(1 + random.Next(255));
        }

        return bytes;
    }

    internal static byte[] All(byte value, int length)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
