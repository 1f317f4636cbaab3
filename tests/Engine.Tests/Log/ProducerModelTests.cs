using CsCheck;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Whatever producers send, in whatever order, a log answers as a model of Kafka's
/// rules does, also after restarts.
/// </summary>
public sealed class ProducerModelTests
{
    private static readonly Gen<int> s_producer = Gen.Int[0, ProducersModel.Producers - 1];

    // Mostly what a client sends: the next batch, or one of the last again; sometimes anything.
    private static readonly Gen<Operation> s_operation = Gen.Frequency<Operation>(
        (10, Gen.Select(s_producer, Gen.Int[1, 3], static (producer, count) => new Send(producer, 0, Start.Next, 0, count))),
        (5, Gen.Select(s_producer, Gen.Int[0, 9], Gen.Int[0, 4], static (producer, back, change) => new Repeat(producer, back, change == 0 ? 1 : 0))),
        (4, Gen.Select(s_producer, Gen.Int[-1, 1], Gen.Enum<Start>(), Gen.Int[-1, 3], Gen.Int[1, 3], static (producer, epoch, start, shift, count) => new Send(producer, epoch, start, shift, count))),
        (1, Gen.Bool.Select(static isClean => new Restart(isClean))));

    [Fact]
    public void Any_batches_of_producers_get_the_model_s_answers() => Property.HoldsForHistories(s_operation, 80, static operations => // I1 I2 I3 I7
    {
        using var storage = new MemoryStorage();
        var model = new ProducersModel();
        PartitionLog log = Logs.Open(storage);
        foreach (Operation operation in operations)
        {
            switch (operation)
            {
                case Restart restart:
                    Assert.True(!restart.IsClean || log.Close().IsOk);
                    log.Release();
                    log = Logs.Open(storage, inputs: new RecoveryInputs(restart.IsClean));
                    break;
                case Repeat { Producer: int producer } repeat when model.BatchesOf(producer) is { Count: > 0 } batches:
                    (int first, int count, _) = batches[^((repeat.Back % batches.Count) + 1)];
                    AssertAnswer(log, model, producer, model.EpochOf(producer)!.Value, first, count + repeat.More);
                    break;
                case Send send:
                    short epoch = (short)Math.Max(0, (model.EpochOf(send.Producer) ?? 0) + send.EpochChange);
                    int sequence = send.Start switch { Start.Next => model.NextOf(send.Producer), Start.Zero => 0, _ => int.MaxValue };
                    AssertAnswer(log, model, send.Producer, epoch, ProducersModel.Add(sequence, send.Shift), send.Count);
                    break;
                default:
                    break;
            }
        }

        log.Release();
    });

    private static void AssertAnswer(PartitionLog log, ProducersModel model, int producer, short epoch, int sequence, int count)
    {
        (ErrorCode, long) expected = model.Append(producer, epoch, sequence, count);
        Appended answer = log.Append(Batches.OfProducer(producer, epoch, sequence, count));
        Assert.True(expected == (answer.Error, answer.BaseOffset), $"{expected} expected of epoch {epoch}, sequence {sequence}, {count} records of producer {producer}: {answer}");
        Assert.Equal(model.End, log.ReadEnd().Offset);
    }

    private enum Start
    {
        Next,
        Zero,
        Largest,
    }

    private abstract record Operation;

    private sealed record Send(int Producer, int EpochChange, Start Start, int Shift, int Count) : Operation;

    private sealed record Repeat(int Producer, int Back, int More) : Operation;

    private sealed record Restart(bool IsClean) : Operation;
}
