using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>An open descriptor of one process run.</summary>
internal sealed unsafe class SimFile(SimStorage storage, DiskFile file) : IStorageFile
{
    private const long LargestFile = int.MaxValue;
    private readonly SimDisk _disk = storage.Disk;
    private int _seenErrors = file.IsWritebackErrorSeen ? file.WritebackErrors : -1;
    private bool _isClosed; // Guarded by the disk's lock.

    public IoResult Length(out long length)
    {
        length = -1;
        storage.Call(DiskOperation.Length, file);
        lock (_disk.Gate)
        {
            IoResult result = Enter(DiskOperation.Length);
            length = result.IsOk ? file.Length : -1;
            return result;
        }
    }

    public IoResult Read(long position, Span<byte> buffer, out int read)
    {
        read = 0;
        if (buffer.IsEmpty)
        {
            return IoResult.Ok;
        }

        storage.Call(DiskOperation.Read, file, position, buffer.Length);
        lock (_disk.Gate)
        {
            IoResult result = Enter(DiskOperation.Read);
            if (!result.IsOk || position < 0)
            {
                return result.IsOk ? Errno.InvalidArgument : result;
            }

            int count = (int)Math.Clamp(file.Length - position, 0, buffer.Length);
            if (count == 0)
            {
                return IoResult.Ok;
            }

            if (file.BadSectors.Touches((int)position, count))
            {
                return IoResult.DeviceError;
            }

            file.ReadCache((int)position, buffer[..count]);
            read = count;
            return IoResult.Ok;
        }
    }

    public IoResult Write(long position, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return IoResult.Ok;
        }

        storage.Call(DiskOperation.Write, file, position, bytes.Length);
        CopyInFlight? copy;
        IoResult result;
        lock (_disk.Gate)
        {
            result = Enter(DiskOperation.Write);
            if (!result.IsOk || position < 0 || position + bytes.Length > LargestFile)
            {
                return !result.IsOk ? result : position < 0 ? Errno.InvalidArgument : Errno.FileTooBig;
            }

            // These bytes must be equal to the existing ones.
            int known = (int)Math.Clamp(file.BallastEnd - position, 0, bytes.Length);
            if (known > 0 && !IsUnchanged((int)position, bytes[..known]))
            {
                throw new SimulationFailure($"'{file.Path}' was changed at byte {position}; its first {file.BallastEnd} bytes must not change.");
            }

            position += known;
            bytes = bytes[known..];
            if (bytes.IsEmpty)
            {
                return IoResult.Ok;
            }

            copy = _disk.Writing is null ? null : new CopyInFlight(file, position, Before((int)position, bytes.Length));
            result = file.Write((int)position, bytes) ? IoResult.Ok : Full();
            file.BadSectors.MarkReadable((int)position, bytes.Length);
        }

        if (copy is not null && result.IsOk)
        {
            _disk.Writing?.Invoke(copy);
        }

        return result;
    }

    public IoResult Allocate(long position, long length)
    {
        storage.Call(DiskOperation.Allocate, file, position, length);
        lock (_disk.Gate)
        {
            IoResult result = Enter(DiskOperation.Allocate);
            if (!result.IsOk || position < 0 || length <= 0 || position + length > LargestFile)
            {
                return !result.IsOk ? result : position < 0 || length <= 0 ? Errno.InvalidArgument : Errno.FileTooBig;
            }

            return file.Allocate((int)position, (int)length) ? IoResult.Ok : Full();
        }
    }

    public IoResult SetLength(long length)
    {
        storage.Call(DiskOperation.SetLength, file, length);
        lock (_disk.Gate)
        {
            IoResult result = Enter(DiskOperation.SetLength);
            if (!result.IsOk || length is < 0 or > LargestFile)
            {
                return !result.IsOk ? result : length < 0 ? Errno.InvalidArgument : Errno.FileTooBig;
            }

            file.SetLength((int)length);
            return IoResult.Ok;
        }
    }

    public IoResult FlushData()
    {
        storage.Call(DiskOperation.Flush, file);
        storage.Delay();
        lock (_disk.Gate)
        {
            IoResult result = Enter(DiskOperation.Flush);
            if (result == IoResult.DeviceError)
            {
                _disk.LoseDirtyPages(file);
            }

            if (!result.IsOk)
            {
                return result;
            }

            _disk.Flush(file);
            if (_seenErrors != file.WritebackErrors)
            {
                _seenErrors = file.WritebackErrors;
                file.IsWritebackErrorSeen = true;
                return IoResult.DeviceError;
            }

            return IoResult.Ok;
        }
    }

    public IoResult Map(int length, out MappedRegion? region)
    {
        region = null;
        storage.Call(DiskOperation.Map, file, 0, length);
        lock (_disk.Gate)
        {
            IoResult result = Enter(DiskOperation.Map);
            if (!result.IsOk || length <= 0)
            {
                return result.IsOk ? Errno.InvalidArgument : result;
            }

            region = new SimRegion(storage, file, file.MapCache(ref length), length);
            return IoResult.Ok;
        }
    }

    public void Dispose()
    {
        lock (_disk.Gate)
        {
            if (!_isClosed && storage.IsAlive)
            {
                _isClosed = true;
                file.Handles--;
                _disk.Closed(file);
            }
        }
    }

    private IoResult Full()
    {
        _disk.Failing?.Invoke(DiskFaults.NoSpace);
        return IoResult.NoSpace;
    }

    /// <summary>
    /// Returns true if a write changes no byte. Bytes from the file's own mapping never
    /// change anything.
    /// </summary>
    private bool IsUnchanged(int position, ReadOnlySpan<byte> bytes)
    {
        Span<byte> cache = file.CacheAt(position, bytes.Length);
        return Unsafe.AreSame(ref MemoryMarshal.GetReference(bytes), ref MemoryMarshal.GetReference(cache)) || bytes.SequenceEqual(cache);
    }

    private byte[] Before(int position, int length)
    {
        byte[] before = new byte[length];
        file.ReadCache(position, before);
        return before;
    }

    private IoResult Enter(DiskOperation operation)
    {
        storage.ThrowIfDead();
        return _isClosed ? Errno.BadDescriptor : storage.Fault(operation, file);
    }
}
