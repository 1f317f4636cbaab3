using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Zurau.Engine.Log.Cleaning;

/// <summary>
/// Hashes keys to 128 bits with a secret: SipHash-2-4. Two keys with the same hash would lose a
/// record. So the hash is wide enough to rule out accidental collisions, and secret, so that a
/// client cannot choose keys that collide.
/// </summary>
internal readonly struct KeyHash(ulong secret0, ulong secret1)
{
    /// <summary>Computes the hash of a key.</summary>
    internal UInt128 Of(ReadOnlySpan<byte> key)
    {
        ulong v0 = secret0 ^ 0x736F6D6570736575;
        ulong v1 = secret1 ^ 0x646F72616E646F6D ^ 0xEE;
        ulong v2 = secret0 ^ 0x6C7967656E657261;
        ulong v3 = secret1 ^ 0x7465646279746573;
        ulong last = (ulong)key.Length << 56;
        while (key.Length >= sizeof(ulong))
        {
            Mix(BinaryPrimitives.ReadUInt64LittleEndian(key), ref v0, ref v1, ref v2, ref v3);
            key = key[sizeof(ulong)..];
        }

        for (int i = 0; i < key.Length; i++)
        {
            last |= (ulong)key[i] << (8 * i);
        }

        Mix(last, ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xEE;
        ulong first = Finish(ref v0, ref v1, ref v2, ref v3);
        v1 ^= 0xDD;
        return new UInt128(Finish(ref v0, ref v1, ref v2, ref v3), first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Finish(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
