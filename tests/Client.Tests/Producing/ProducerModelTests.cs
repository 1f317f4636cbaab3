using CsCheck;
using Zurau;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Producing;

/// <summary>
/// Histories of sends, compressed or not, late answers in any order, errors, batches
/// that must be split, and time, against what a producer promises.
/// </summary>
public class ProducerModelTests
{
    private static readonly Gen<ProducerOptions> s_options = Gen.Select(
        Gen.Int[150, 499],
        Gen.Int[0, 19],
        Gen.Enum<CompressionType>(),
        static (batchSize, lingerMs, compression) => new ProducerOptions { BatchSize = batchSize, LingerMs = lingerMs, DeliveryTimeoutMs = 3000, BufferMemory = 1 << 20, CompressionType = compression });

    private static readonly Gen<Operation> s_operation = Gen.Frequency<Operation>(
        (12, Gen.Int[1, 3].Select(static records => new Send(records))),
        (3, Gen.Const(new SendAwaited())),
        (3, Gen.Const(new Flush())),
        (3, Gen.Frequency<bool>((2, true), (1, false)).Select(static isHolding => new HoldAnswers(isHolding))),
        (3, Gen.Select(
            Gen.Frequency<int>((1, Gen.Int[60, 299]), (2, Gen.Const(int.MaxValue))),
            Gen.Frequency<ErrorCode>((3, ErrorCode.None), (2, ErrorCode.NotEnoughReplicas), (1, ErrorCode.InvalidRecord)),
            static (maxBatchBytes, error) => new Refuse(maxBatchBytes, error))),
        (3, Gen.Bool.Select(static isLast => new Answer(isLast))),
        (3, Gen.Frequency<int>((3, Gen.Int[0, 29]), (1, Gen.Int[30, 1499])).Select(static ms => new Advance(ms))));

    [Fact]
    public void Each_record_has_one_result_in_order_and_the_log_has_what_the_results_say() =>
        Property.HoldsForHistories(
            s_options,
            s_operation,
            120,
            static (options, operations) =>
            {
                var run = new Run(new ProducerFixture(options));
                operations.ForEach(run.Do);
                run.Check();
            },
            count: 400);

    private sealed class Run(ProducerFixture fixture)
    {
        private readonly List<(int Number, long Offset, ErrorCode Error)> _results = [];
        private readonly List<(int Number, Task<RecordMetadata> Task)> _awaited = [];
        private int _sent;

        internal void Do(Operation operation)
        {
            switch (operation)
            {
                case SendAwaited:
                    _awaited.Add((_sent, fixture.SendAsync($"{_sent}").AsTask()));
                    _sent++;
                    break;
                case Send send:
                    for (int i = 0; i < send.Records; i++)
                    {
                        int number = _sent++;
                        fixture.Send($"{number}", callback: (metadata, error) => _results.Add((number, metadata.Offset, (error as KafkaException)?.Error ?? ErrorCode.None)));
                    }

                    break;
                case Flush:
                    _ = fixture.Producer.FlushAsync();
                    break;
                case HoldAnswers hold:
                    fixture.Log.HoldAnswers = hold.IsHolding;
                    break;
                case Refuse refuse:
                    // Too large for the log: a batch is sent in pieces, one record alone fails.
                    fixture.Log.MaxBatchBytes = refuse.MaxBatchBytes;
                    fixture.Log.Answer = (_, _) => refuse.Error == ErrorCode.None ? null : refuse.Error;
                    break;
                case Answer answer:
                    if (fixture.Log.HeldCount > 0)
                    {
                        (answer.IsLast ? (Action)fixture.Log.ReleaseLast : fixture.Log.ReleaseOne)();
                    }

                    break;
                default:
                    fixture.Advance(((Advance)operation).Ms);
                    break;
            }
        }

        internal void Check()
        {
            Deliver();
            Assert.Equal(_results.Select(static result => result.Number).Order(), _results.Select(static result => result.Number));
            _results.AddRange(_awaited.Select(static send => ResultOf(send.Number, send.Task)));
            Assert.Equal(Enumerable.Range(0, _sent), _results.Select(static result => result.Number).Order());

            int[] log = [.. fixture.Log.Values().Select(int.Parse)];
            Assert.Equal(log.Distinct().Order(), log);
            foreach ((int number, long offset, ErrorCode error) in _results)
            {
                // What was given up while its answer was late may be in the log; nothing else that failed is.
                Assert.True(error == ErrorCode.None ? log[offset] == number : error == ErrorCode.RequestTimedOut || !log.Contains(number), $"record {number}: {error}");
            }

            Assert.Equal(0, fixture.Producer.BufferedBytes);
        }

        // From now on the log accepts everything, so all is delivered or has failed before its
        // delivery.timeout.ms is over.
        private void Deliver()
        {
            fixture.Log.HoldAnswers = false;
            fixture.Log.MaxBatchBytes = int.MaxValue;
            fixture.Log.Answer = static (_, _) => null;
            Task flush = fixture.Producer.FlushAsync().AsTask();
            for (int i = 0; i < 10 && !flush.IsCompleted; i++)
            {
                while (fixture.Log.HeldCount > 0)
                {
                    fixture.Log.ReleaseOne();
                }

                fixture.Advance(1000);
            }

            Assert.True(flush.Wait(TimeSpan.FromSeconds(10)), "something was never delivered");
        }

        private static (int Number, long Offset, ErrorCode Error) ResultOf(int number, Task<RecordMetadata> send)
        {
            try
            {
                return (number, send.WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult().Offset, ErrorCode.None);
            }
            catch (KafkaException exception)
            {
                return (number, -1, exception.Error);
            }
        }
    }

    private abstract record Operation;

    private sealed record Send(int Records) : Operation;

    private sealed record SendAwaited : Operation;

    private sealed record Flush : Operation;

    private sealed record HoldAnswers(bool IsHolding) : Operation;

    private sealed record Refuse(int MaxBatchBytes, ErrorCode Error) : Operation;

    private sealed record Answer(bool IsLast) : Operation;

    private sealed record Advance(int Ms) : Operation;
}
