using System.Runtime.InteropServices;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Support;

/// <summary>
/// Memory whose segments may be as long as Kafka allows, nearly all of it zeros that
/// cost nothing. What reaches outside of a file is counted as a stray.
/// </summary>
internal sealed unsafe class SparseStorage(MemoryStorage inner) : ForwardingStorage(inner), IDisposable
{
    private const long Capacity = 1L << 31;
    private readonly Dictionary<string, Content> _contents = [];

    /// <summary>Calls for a range that does not lie in its file.</summary>
    internal int Strays { get; private set; }

    /// <summary>Bytes that were written, those of WriteAgain among them.</summary>
    internal long WrittenBytes { get; private set; }

    public override string Description => "sparse memory";

    public override IoResult Open(string path, FileOpening opening, out IStorageFile? file)
    {
        IoResult result = Inner.Open(path, opening, out file);
        bool isSegment = path.EndsWith(".log", StringComparison.Ordinal) || path.EndsWith(".spare", StringComparison.Ordinal);
        if (result.IsOk && isSegment)
        {
            file!.Dispose();
            if (!_contents.TryGetValue(path, out Content? content))
            {
                _contents[path] = content = new Content();
            }

            file = new SparseFile(this, content);
        }

        return result;
    }

    public override IoResult Rename(string from, string to)
    {
        IoResult result = Inner.Rename(from, to);
        if (result.IsOk && _contents.Remove(from, out Content? content))
        {
            _contents[to] = content;
        }

        return result;
    }

    public void Dispose()
    {
        foreach (Content content in _contents.Values)
        {
            NativeMemory.Free(content.Start);
        }
    }

    private IoResult Check(Content content, long position, long length)
    {
        bool isInside = position >= 0 && length >= 0 && position + length <= content.Length;
        Strays += isInside ? 0 : 1;
        return isInside ? IoResult.Ok : IoResult.DeviceError;
    }

    private sealed class Content
    {
        internal byte* Start { get; } = (byte*)NativeMemory.AllocZeroed((nuint)Capacity);

        internal long Length { get; set; }
    }

    private sealed class SparseFile(SparseStorage storage, Content content) : IStorageFile
    {
        public IoResult Length(out long length)
        {
            length = content.Length;
            return IoResult.Ok;
        }

        public IoResult Read(long position, Span<byte> buffer, out int read)
        {
            read = (int)Math.Clamp(content.Length - position, 0, buffer.Length);
            new ReadOnlySpan<byte>(content.Start + position, read).CopyTo(buffer);
            return IoResult.Ok;
        }

        public IoResult Write(long position, ReadOnlySpan<byte> bytes)
        {
            storage.WrittenBytes += bytes.Length;
            IoResult result = storage.Check(content, position, bytes.Length);
            fixed (byte* source = bytes)
            {
                if (result.IsOk && source != content.Start + position) // What is written over itself stays sparse.
                {
                    bytes.CopyTo(new Span<byte>(content.Start + position, bytes.Length));
                }
            }

            return result;
        }

        public IoResult Allocate(long position, long length)
        {
            bool isPossible = position >= 0 && length > 0 && position + length <= Capacity;
            storage.Strays += isPossible ? 0 : 1;
            content.Length = isPossible ? Math.Max(content.Length, position + length) : content.Length;
            return isPossible ? IoResult.Ok : IoResult.NoSpace;
        }

        public IoResult SetLength(long length)
        {
            if (length < content.Length)
            {
                long end = Math.Min(content.Length, Capacity);
                for (long position = length; position < end; position += 1 << 20)
                {
                    var rest = new Span<byte>(content.Start + position, (int)Math.Min(1 << 20, end - position));
                    if (rest.ContainsAnyExcept((byte)0))
                    {
                        rest.Clear();
                    }
                }
            }

            content.Length = length;
            return IoResult.Ok;
        }

        public IoResult FlushData() => IoResult.Ok;

        public IoResult Map(int length, out MappedRegion? region)
        {
            region = new SparseRegion(storage, content, length);
            return IoResult.Ok;
        }

        public void Dispose()
        {
        }
    }

    private sealed class SparseRegion(SparseStorage storage, Content content, int length) : MappedRegion(content.Start, length)
    {
        public override void PopulateForWrite(int position, int length) => storage.Check(content, position, length);

        public override IoResult PopulateForRead(int position, int length) => storage.Check(content, position, length);

        protected override void Dispose(bool disposing)
        {
        }
    }
}
