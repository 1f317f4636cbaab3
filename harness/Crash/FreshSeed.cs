using System.Security.Cryptography;

namespace Zurau.Harness.Crash;

/// <summary>Draws a first seed that no run has had before.</summary>
internal static class FreshSeed
{
    internal static ulong Next() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) >> 16;
}
