using System.Runtime.InteropServices;

namespace Zurau.Engine.Log;

/// <summary>A 64-bit word with two cache lines to itself (the prefetcher fetches lines in pairs), so that its writers disturb nobody else.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedWord
{
    [FieldOffset(128)]
    internal long Value;
}
