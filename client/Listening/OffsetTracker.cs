namespace Zurau.Listening;

/// <summary>
/// Knows which records of one partition are done, and so how far its offset may be committed: never past a record that is open.
/// One tracker lives from assignment to revocation. Thread-safe: one short lock, under which nothing is called.
/// </summary>
internal sealed class OffsetTracker
{
    private readonly Lock _lock = new();

    /// <summary>Deliveries from the first open one on, in the order they were handed out.</summary>
    private readonly Queue<Delivery> _deliveries = new();

    /// <summary>The offset behind the done prefix; -1 before the first done record.</summary>
    private long _position = -1;

    private int _leaderEpoch = -1;

    private long _committed = -1;

    private bool _isClosed;

    /// <summary>Deliveries that hold up the commit or wait behind one that does.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _deliveries.Count;
            }
        }
    }

    /// <summary>The oldest record that is open, with its state at this moment; null when all are done.</summary>
    public Delivery? OldestOpen
    {
        get
        {
            lock (_lock)
            {
                return _deliveries.TryPeek(out Delivery? first) ? first : null;
            }
        }
    }

    /// <summary>Adds a record that is about to be handled.</summary>
    public void HandOut(Delivery delivery)
    {
        lock (_lock)
        {
            _deliveries.Enqueue(delivery);
        }
    }

    /// <summary>Marks a delivery as done; false where it is done, dropped or its partition was taken away.</summary>
    public bool Complete(Delivery delivery) => End(delivery, DeliveryState.Done);

    /// <summary>Forgets a delivery that will come again; false where it is done already.</summary>
    public bool Drop(Delivery delivery) => End(delivery, DeliveryState.Dropped);

    /// <summary>
    /// Forgets an open delivery and all those after it, which come again too, so that no commit passes it; false where it is done already.
    /// </summary>
    public bool Rewind(Delivery delivery)
    {
        lock (_lock)
        {
            if (delivery.State != DeliveryState.Open || _isClosed)
            {
                return false;
            }

            foreach (Delivery later in _deliveries.Where(later => later.Offset >= delivery.Offset))
            {
                later.State = DeliveryState.Dropped;
            }

            RemoveEnded();
            return true;
        }
    }

    /// <summary>Gives the position to commit; false where nothing is new.</summary>
    public bool TryGetCommit(out OffsetAndMetadata position)
    {
        lock (_lock)
        {
            position = new OffsetAndMetadata(_position, LeaderEpoch: _leaderEpoch);
            return !_isClosed && _position > _committed;
        }
    }

    /// <summary>Notes that a position was committed.</summary>
    public void Committed(long position)
    {
        lock (_lock)
        {
            _committed = Math.Max(_committed, position);
        }
    }

    /// <summary>Ends the assignment: whatever is acknowledged later is ignored.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (Delivery delivery in _deliveries.Where(delivery => delivery.State == DeliveryState.Open))
            {
                delivery.State = DeliveryState.Dropped;
            }

            _deliveries.Clear();
        }
    }

    private bool End(Delivery delivery, DeliveryState state)
    {
        lock (_lock)
        {
            if (delivery.State != DeliveryState.Open || _isClosed)
            {
                return false;
            }

            delivery.State = state;
            RemoveEnded();
            return true;
        }
    }

    private void RemoveEnded()
    {
        while (_deliveries.TryPeek(out Delivery? first) && first.State != DeliveryState.Open)
        {
            _deliveries.Dequeue();
            if (first.State == DeliveryState.Done)
            {
                _position = first.Offset + 1;
                _leaderEpoch = first.LeaderEpoch;
            }
        }
    }
}
