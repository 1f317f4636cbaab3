namespace Zurau.Producing;

/// <summary>Puts a key where a hash of its bytes says.</summary>
/// <param name="hash">Computes the hash.</param>
/// <param name="isNullAny">Whether a record with a null key may go anywhere; otherwise it goes where an empty key goes.</param>
/// <param name="isEmptyAny">The same for an empty key.</param>
internal sealed class HashPartitioner(HashPartitioner.Hash hash, bool isNullAny, bool isEmptyAny) : IPartitioner
{
    internal delegate uint Hash(ReadOnlySpan<byte> key);

    public int Choose(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount) =>
        (isKeyNull && isNullAny) || (key.IsEmpty && isEmptyAny) ? IPartitioner.Any : (int)(hash(key) % (uint)partitionCount);
}
