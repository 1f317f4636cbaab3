using Zurau.Engine.Records;

namespace Zurau.Embedded.Producing;

/// <summary>Refuses records that could never be delivered.</summary>
internal static class RecordLimits
{
    internal static void CheckSize(ProducerOptions options, int sizeUpperBound)
    {
        long size = (long)sizeUpperBound + BatchLayout.HeaderSize;
        if (size > options.MaxRequestSize)
        {
            throw KafkaException.For(
                ErrorCode.MessageTooLarge,
                $"The record takes {size} bytes, max.request.size={options.MaxRequestSize}. Send less, or raise max.request.size (and max.message.bytes of the topic).");
        }

        if (size > options.BufferMemory)
        {
            throw KafkaException.For(
                ErrorCode.MessageTooLarge,
                $"The record takes {size} bytes, buffer.memory={options.BufferMemory}. Send less, or raise buffer.memory.");
        }
    }
}
