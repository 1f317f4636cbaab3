using System.Threading.Channels;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// System.Threading.Channels: passes copies of records between threads without storing
/// them.
/// </summary>
internal static class ChannelPeer
{
    internal const string Name = "System.Threading.Channels (memory, one writer, one reader)";

    internal const string Settings = "unbounded, SingleReader, SingleWriter, a copy of the value for each record";

    /// <summary>
    /// Writes records and reads them on a second thread; returns records per second until
    /// the last is read.
    /// </summary>
    internal static Measurement Pass(long records, byte[] value)
    {
        var channel = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        return Workers.Rate(2, records, number =>
        {
            if (number == 0)
            {
                for (long i = 0; i < records; i++)
                {
                    channel.Writer.TryWrite(value.AsSpan().ToArray());
                }

                channel.Writer.Complete();
                return;
            }

            long read = 0;
            while (channel.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (channel.Reader.TryRead(out _))
                {
                    read++;
                }
            }

            ArgumentOutOfRangeException.ThrowIfNotEqual(read, records);
        });
    }
}
