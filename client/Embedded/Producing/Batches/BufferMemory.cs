namespace Zurau.Embedded.Producing.Batches;

/// <summary>
/// The budget of bytes that are not acknowledged (<c>buffer.memory</c>). Who finds it used up waits in line: a later small request
/// never overtakes an earlier large one. Its lock is short and taken last, also under a partition's lock.
/// </summary>
internal sealed class BufferMemory(long capacityBytes)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private long _usedBytes;
    private Exception? _closed;

    /// <summary>Bytes that are taken and not given back.</summary>
    internal long UsedBytes
    {
        get
        {
            lock (_lock)
            {
                return _usedBytes;
            }
        }
    }

    internal bool TryReserve(int bytes)
    {
        lock (_lock)
        {
            if (_waiters.Count > 0 || capacityBytes - _usedBytes < bytes)
            {
                return false;
            }

            _usedBytes += bytes;
            return true;
        }
    }

    /// <summary>Gets in line; the task completes when the bytes are reserved. Its owner must call <see cref="TryLeave"/> if it gives up.</summary>
    internal Waiter Enter(int bytes)
    {
        var waiter = new Waiter(bytes);
        Exception? closed;
        lock (_lock)
        {
            closed = _closed;
            if (closed is null)
            {
                _waiters.AddLast(waiter.Node);
            }
        }

        if (closed is not null)
        {
            waiter.Reserved.SetException(closed);
        }

        // There may have been enough all along, or it came back meanwhile.
        Release(0);
        return waiter;
    }

    /// <summary>Gives up waiting; false when the bytes were reserved already and have to be given back.</summary>
    internal bool TryLeave(Waiter waiter)
    {
        bool left;
        lock (_lock)
        {
            left = waiter.Node.List is not null;
            if (left)
            {
                _waiters.Remove(waiter.Node);
            }
        }

        // It may have held up smaller requests behind it.
        Release(0);
        return left;
    }

    internal void Release(int bytes)
    {
        List<Waiter>? served = null;
        lock (_lock)
        {
            _usedBytes -= bytes;
            while (_waiters.First is { } first && first.Value.Bytes <= capacityBytes - _usedBytes)
            {
                _usedBytes += first.Value.Bytes;
                _waiters.RemoveFirst();
                (served ??= []).Add(first.Value);
            }
        }

        if (served is null)
        {
            return;
        }

        foreach (Waiter waiter in served)
        {
            waiter.Reserved.SetResult();
        }
    }

    /// <summary>Fails everybody in line and who comes later.</summary>
    internal void Close(Exception reason)
    {
        List<Waiter> waiters;
        lock (_lock)
        {
            _closed = reason;
            waiters = [.. _waiters];
            _waiters.Clear();
        }

        foreach (Waiter waiter in waiters)
        {
            waiter.Reserved.SetException(reason);
        }
    }

    /// <summary>A place in the line.</summary>
    internal sealed class Waiter
    {
        internal Waiter(int bytes)
        {
            Bytes = bytes;
            Node = new LinkedListNode<Waiter>(this);
        }

        internal int Bytes { get; }

        internal LinkedListNode<Waiter> Node { get; }

        internal TaskCompletionSource Reserved { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
