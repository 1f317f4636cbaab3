using Client.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Zurau;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Producing;

/// <summary>Random histories of sends, compressed or not, late answers in any order, errors, batches that must be split, and time, against what a producer promises.</summary>
public class ProducerModelTests
{
    [Fact]
    public void Each_record_has_one_result_in_order_and_the_log_has_what_the_results_say() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll<int>(seed => Holds(seed)));

    private static bool Holds(int seed)
    {
        var random = new Random(seed);
        var options = new ProducerOptions
        {
            BatchSize = random.Next(150, 500),
            LingerMs = random.Next(0, 20),
            DeliveryTimeoutMs = 3000,
            BufferMemory = 1 << 20,
            CompressionType = (CompressionType)random.Next(5),
        };
        var fixture = new ProducerFixture(options);
        var results = new List<(int Number, long Offset, ErrorCode Error)>();
        var awaited = new List<(int Number, Task<RecordMetadata> Task)>();
        int sent = 0;
        for (int step = 0; step < 120; step++)
        {
            switch (random.Next(10))
            {
                case < 4:
                    int number = sent++;
                    fixture.Send($"{number}", callback: (metadata, error) => results.Add((number, metadata.Offset, (error as KafkaException)?.Error ?? ErrorCode.None)));
                    break;
                case 4:
                    awaited.Add((sent, fixture.SendAsync($"{sent}").AsTask()));
                    sent++;
                    break;
                case 5:
                    _ = fixture.Producer.FlushAsync();
                    break;
                case 6:
                    fixture.Log.HoldAnswers = random.Next(3) > 0;
                    break;
                case 7:
                    // Too large for the log: a batch goes in pieces, one record alone fails.
                    fixture.Log.MaxBatchBytes = random.Next(3) == 0 ? random.Next(60, 300) : int.MaxValue;
                    int kind = random.Next(6);
                    fixture.Log.Answer = (_, _) => kind switch { 0 or 1 => ErrorCode.NotEnoughReplicas, 2 => ErrorCode.InvalidRecord, _ => null };
                    break;
                case 8 when fixture.Log.HeldCount > 0:
                    (random.Next(2) == 0 ? (Action)fixture.Log.ReleaseOne : fixture.Log.ReleaseLast)();
                    break;
                default:
                    fixture.Advance(random.Next(random.Next(4) == 0 ? 1500 : 30));
                    break;
            }
        }

        fixture.Log.HoldAnswers = false;
        fixture.Log.MaxBatchBytes = int.MaxValue;
        fixture.Log.Answer = (_, _) => null;
        Task flush = fixture.Producer.FlushAsync().AsTask();
        for (int i = 0; i < 10 && !flush.IsCompleted; i++)
        {
            while (fixture.Log.HeldCount > 0)
            {
                fixture.Log.ReleaseOne();
            }

            fixture.Advance(1000);
        }

        Assert.True(flush.Wait(TimeSpan.FromSeconds(10)), $"seed {seed}: something was never delivered");
        Assert.Equal(results.Select(result => result.Number).Order(), results.Select(result => result.Number));
        results.AddRange(awaited.Select(send => (send.Number, Wait(send.Task, out ErrorCode error), error)));
        Assert.Equal(Enumerable.Range(0, sent), results.Select(result => result.Number).Order());

        int[] log = [.. fixture.Log.Values().Select(int.Parse)];
        Assert.Equal(log.Distinct().Order(), log);
        foreach ((int number, long offset, ErrorCode error) in results)
        {
            // What was given up while its answer was late may be in the log; nothing else that failed is.
            Assert.True(error == ErrorCode.None ? log[offset] == number : error == ErrorCode.RequestTimedOut || !log.Contains(number), $"seed {seed}: record {number}");
        }

        Assert.Equal(0, fixture.Producer.BufferedBytes);
        return true;
    }

    private static long Wait(Task<RecordMetadata> send, out ErrorCode error)
    {
        error = ErrorCode.None;
        try
        {
            return send.WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult().Offset;
        }
        catch (KafkaException exception)
        {
            error = exception.Error;
            return -1;
        }
    }
}
