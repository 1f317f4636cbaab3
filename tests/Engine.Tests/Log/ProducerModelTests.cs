using Engine.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>Whatever producers send, in whatever order, a log answers as a model of Kafka's rules does, also behind restarts.</summary>
public sealed class ProducerModelTests
{
    private const int Producers = 3;
    private const int Kept = 5;

    [Fact]
    public void Any_batches_of_producers_are_answered_as_a_model_says() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed => // I1 I2 I3 I7
    {
        var random = new Random(seed);
        using var storage = new MemoryStorage();
        var model = new ModelProducer?[Producers];
        long end = 0;
        PartitionLog log = Logs.Open(storage);
        for (int step = 0; step < 80; step++)
        {
            if (random.Next(20) == 0)
            {
                bool isClean = random.Next(2) == 0;
                Assert.True(!isClean || log.Close().IsOk);
                log.Release();
                log = Logs.Open(storage, recoveryPoint: isClean ? long.MaxValue : 0);
                continue;
            }

            int id = random.Next(Producers);
            (short epoch, int sequence, int count) = Draw(random, model[id]);
            (ErrorCode expected, long offset) = Expect(ref model[id], epoch, sequence, count, ref end);
            AppendResult answer = log.Append(Batches.OfProducer(id, epoch, sequence, count), out _);
            Assert.True(expected == answer.Error, $"Seed {seed}, step {step}: epoch {epoch}, sequence {sequence}, {count} records of producer {id}: {answer.Error} instead of {expected}. {answer.Message}");
            Assert.True(offset == answer.BaseOffset, $"Seed {seed}, step {step}: offset {answer.BaseOffset} instead of {offset}.");
            Assert.Equal(end, log.ReadEnd().Offset);
        }

        log.Release();
        return true;
    }).QuickCheckThrowOnFailure();

    // Mostly what a client sends: the next batch, or one of the last again; and now and then anything.
    private static (short Epoch, int Sequence, int Count) Draw(Random random, ModelProducer? known)
    {
        int count = random.Next(1, 4);
        if (known is null)
        {
            return ((short)random.Next(3), random.Next(3) switch { 0 => 0, 1 => int.MaxValue - random.Next(4), _ => random.Next(100) }, count);
        }

        if (random.Next(4) == 0 && known.Batches.Count > 0)
        {
            ModelBatch again = known.Batches[random.Next(known.Batches.Count)];
            return (known.Epoch, again.First, random.Next(5) == 0 ? again.Count + 1 : again.Count);
        }

        short epoch = (short)Math.Max(0, known.Epoch + (random.Next(12) switch { 0 => -1, 1 => 1, _ => 0 }));
        int next = Add(known.LastSequence, 1);
        return (epoch, random.Next(8) switch { 0 => 0, 1 => Add(next, 1 + random.Next(3)), 2 => Add(next, -1), _ => next }, count);
    }

    // As Kafka says: a batch that is among the last five is a duplicate; an older epoch is fenced; the first batch of an epoch is number 0, but for
    // a producer that is not known; within an epoch number follows number, and behind the largest comes 0.
    private static (ErrorCode Error, long Offset) Expect(ref ModelProducer? known, short epoch, int sequence, int count, ref long end)
    {
        int last = Add(sequence, count - 1);
        if (known is not null && known.Epoch == epoch && known.Batches.TakeLast(Kept).FirstOrDefault(batch => batch.First == sequence && Add(batch.First, batch.Count - 1) == last) is { } original)
        {
            return (ErrorCode.None, original.Offset);
        }

        if (known is not null && epoch < known.Epoch)
        {
            return (ErrorCode.InvalidProducerEpoch, -1);
        }

        if (known is not null && sequence != (epoch == known.Epoch ? Add(known.LastSequence, 1) : 0))
        {
            return (ErrorCode.OutOfOrderSequenceNumber, -1);
        }

        known = known?.Epoch == epoch ? known : new ModelProducer(epoch);
        known.Batches.Add(new ModelBatch(sequence, count, end));
        known.LastSequence = last;
        long offset = end;
        end += count;
        return (ErrorCode.None, offset);
    }

    private static int Add(int sequence, int count) => (int)((sequence + count + (1L << 31)) % (1L << 31));

    private sealed record ModelBatch(int First, int Count, long Offset);

    private sealed class ModelProducer(short epoch)
    {
        internal short Epoch { get; } = epoch;

        internal int LastSequence { get; set; }

        internal List<ModelBatch> Batches { get; } = [];
    }
}
