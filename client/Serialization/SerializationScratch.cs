using System.Buffers;

namespace Zurau.Serialization;

/// <summary>
/// Two buffers of a thread: keys are serialized here because their bytes choose the partition, values when their size is only known
/// afterwards or user code writes them. A serializer that sends a record itself finds the slot empty and gets buffers of its own.
/// </summary>
internal sealed class SerializationScratch
{
    // A buffer that one huge record made is given to the garbage collector instead of being kept for ever.
    private const int KeptSizeBytes = 1024 * 1024;

    [ThreadStatic]
    private static SerializationScratch? s_free;

    internal ArrayBufferWriter<byte> Key { get; private set; } = new(256);

    internal ArrayBufferWriter<byte> Value { get; private set; } = new(1024);

    internal static SerializationScratch Rent()
    {
        SerializationScratch? scratch = s_free;
        s_free = null;
        return scratch ?? new SerializationScratch();
    }

    internal void Return()
    {
        Key = Emptied(Key);
        Value = Emptied(Value);
        s_free = this;
    }

    private static ArrayBufferWriter<byte> Emptied(ArrayBufferWriter<byte> writer)
    {
        if (writer.Capacity > KeptSizeBytes)
        {
            return new ArrayBufferWriter<byte>(1024);
        }

        writer.ResetWrittenCount();
        return writer;
    }
}
