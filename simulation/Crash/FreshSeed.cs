using System.Security.Cryptography;

namespace Zurau.Simulation;

/// <summary>Draws a random first seed, so that every run has new seeds.</summary>
internal static class FreshSeed
{
    internal static ulong Next() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) >> 16;
}
