using System.Buffers;

namespace Zurau;

/// <summary>
/// Serializes values directly into the batch. Implementations must be thread-safe.
/// </summary>
public interface ISerializer<in T>
{
    /// <summary>
    /// Says how many bytes <see cref="Serialize"/> will write; -1 when that is only known
    /// afterwards (the bytes then go through a pooled buffer first). A size that is given
    /// must be exact.
    /// </summary>
    int SizeOf(T value) => -1;

    /// <summary>Writes the bytes of a value that is not null.</summary>
    void Serialize(T value, IBufferWriter<byte> destination);
}
