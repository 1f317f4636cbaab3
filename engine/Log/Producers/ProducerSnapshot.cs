using System.Buffers.Binary;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Kafka's <c>.snapshot</c> files: the producers of a log as they were at the offset in the
/// name. int16 version 1, uint32 CRC-32C of what follows, int32 count, entries. They only save
/// time: if one is missing or damaged, more of the log is read.
/// </summary>
internal static class ProducerSnapshot
{
    internal const string Suffix = ".snapshot";
    private const short Version = 1;
    private const int CrcPosition = 2;
    private const int CountPosition = 6;
    private const int HeaderSize = 10;

    internal static IoResult Write(IStorage storage, string directory, long offset, IReadOnlyCollection<LoggedProducer> producers)
    {
        byte[] bytes = new byte[HeaderSize + (producers.Count * LoggedProducer.Size)];
        BinaryPrimitives.WriteInt16BigEndian(bytes, Version);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountPosition), producers.Count);
        int position = HeaderSize;
        foreach (LoggedProducer producer in producers)
        {
            producer.Write(bytes.AsSpan(position));
            position += LoggedProducer.Size;
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(CrcPosition), Crc32C.Compute(bytes.AsSpan(CountPosition)));
        IoResult result = storage.Open($"{directory}/{LogFiles.Of(offset, Suffix)}", FileOpening.Truncated, out IStorageFile? file);
        using (file)
        {
            return result.IsOk ? file!.Write(0, bytes) : result;
        }
    }

    /// <summary>
    /// Makes a written snapshot durable; deletes one that was not written whole, which is not
    /// an error.
    /// </summary>
    internal static IoResult Flush(IStorage storage, string directory, long offset)
    {
        if (Read(storage, directory, offset) is null)
        {
            return Delete(storage, directory, offset);
        }

        IoResult result = storage.Open($"{directory}/{LogFiles.Of(offset, Suffix)}", FileOpening.Existing, out IStorageFile? file);
        using (file)
        {
            result = result.IsOk ? file!.FlushData() : result;
        }

        if (!result.IsOk)
        {
            // It may be torn, and a second flush would not report that.
            Delete(storage, directory, offset).IgnoreBecause("the failed flush is returned, and a torn snapshot fails its checksum");
        }

        return result;
    }

    /// <summary>Deletes a snapshot, if there is one.</summary>
    internal static IoResult Delete(IStorage storage, string directory, long offset) =>
        storage.Delete($"{directory}/{LogFiles.Of(offset, Suffix)}").UnlessNotFound();

    /// <summary>Reads a snapshot; null if it is missing or damaged.</summary>
    internal static IReadOnlyList<LoggedProducer>? Read(IStorage storage, string directory, long offset)
    {
        byte[]? bytes = WholeFile.Read(storage, $"{directory}/{LogFiles.Of(offset, Suffix)}");
        if (bytes is null
            || bytes.Length < HeaderSize
            || BinaryPrimitives.ReadInt16BigEndian(bytes) != Version
            || BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(CrcPosition)) != Crc32C.Compute(bytes.AsSpan(CountPosition))
            || BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(CountPosition)) * (long)LoggedProducer.Size != bytes.Length - HeaderSize)
        {
            return null;
        }

        var producers = new LoggedProducer[(bytes.Length - HeaderSize) / LoggedProducer.Size];
        for (int i = 0; i < producers.Length; i++)
        {
            producers[i] = LoggedProducer.Read(bytes.AsSpan(HeaderSize + (i * LoggedProducer.Size)));
        }

        return producers;
    }
}
