namespace Zurau.Embedded.Producing.Batches;

/// <summary>Batches in order, linked through <see cref="ProducerBatch.Next"/>, so that queueing allocates nothing. A batch is in one at a time.</summary>
internal struct BatchFifo
{
    private ProducerBatch? _tail;

    internal ProducerBatch? Head { get; private set; }

    internal readonly bool IsEmpty => Head is null;

    internal void Enqueue(ProducerBatch batch)
    {
        batch.Next = null;
        if (_tail is null)
        {
            Head = batch;
        }
        else
        {
            _tail.Next = batch;
        }

        _tail = batch;
    }

    internal ProducerBatch Dequeue()
    {
        ProducerBatch batch = Head ?? throw new InvalidOperationException("The queue of batches is empty.");
        Head = batch.Next;
        batch.Next = null;
        if (Head is null)
        {
            _tail = null;
        }

        return batch;
    }

    /// <summary>Puts all batches of another queue, in their order, before those of this one; the other is empty then.</summary>
    internal void Prepend(ref BatchFifo earlier)
    {
        if (earlier.Head is null)
        {
            return;
        }

        earlier._tail!.Next = Head;
        _tail ??= earlier._tail;
        Head = earlier.Head;
        earlier = default;
    }
}
