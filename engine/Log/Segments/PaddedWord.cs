using System.Runtime.InteropServices;

namespace Zurau.Engine.Log;

/// <summary>
/// A 64-bit word that has two cache lines of its own (the prefetcher fetches lines in pairs),
/// so that its writers cause no false sharing.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedWord
{
    [FieldOffset(128)]
    internal long Value;
}
