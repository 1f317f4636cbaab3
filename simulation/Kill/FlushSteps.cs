using System.Diagnostics;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Simulation;

/// <summary>
/// A process that executes all durable operations one by one and prints a mark before and
/// after each. A trace of its system calls shows whether the flushes happen in between.
/// </summary>
internal static class FlushSteps
{
    internal const string CommandName = "flush-steps";
    internal const string Mark = "MARK ";
    internal const string Topic = "steps";
    private const int SegmentBytes = 16 * 1024;

    /// <summary>
    /// Executes all steps in a new directory and closes it; or opens an existing
    /// directory, appends one batch and kills its own process.
    /// </summary>
    internal static void Run(string directory, bool isNew)
    {
        Say("open");
        Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory), LogSegmentBytes = SegmentBytes, RandomSeed = 1 });
        Say("opened");
        if (!isNew)
        {
            Append(broker, "again", Acks.All, 100);
            Process.GetCurrentProcess().Kill();
        }

        Step("create", () => Check(broker.CreateTopic(new NewTopic(Topic))));
        Append(broker, "first", Acks.All, 100);
        Append(broker, "second", Acks.All, 100);

        // Fills the first segment and rolls without a flush. The flush of the last append
        // must cover both segments and the new name.
        for (int i = 0; i < 3; i++)
        {
            Append(broker, $"filler {i}", Acks.Leader, 6000);
        }

        Append(broker, "rolled", Acks.All, 100);
        Step("delete", () => Check(broker.DeleteRecords(new TopicPartition(Topic, 0), 1)));
        Step("commit", () => broker.Groups.CommitOffsetsAsync("group", "", -1, [KeyValuePair.Create(new TopicPartition(Topic, 0), new OffsetAndMetadata(1))]).AsTask().GetAwaiter().GetResult());
        Step("close", () => broker.DisposeAsync().AsTask().GetAwaiter().GetResult());
    }

    private static void Append(Broker broker, string name, Acks acks, int valueBytes)
    {
        var builder = new RecordBatchBuilder(new byte[valueBytes + 256]);
        builder.Append(1_700_000_000_000, default, isKeyNull: true, new byte[valueBytes], isValueNull: false);
        byte[] batch = builder.Build().ToArray();
        Step(name, () =>
        {
            AppendResult result = broker.AppendAsync(new TopicPartition(Topic, 0), batch, acks).AsTask().GetAwaiter().GetResult();
            Check(new ErrorResult(result.Error, result.Message));
        });
    }

    private static void Step(string name, Action step)
    {
        Say(name);
        step();
        Say(name + " done");
    }

    private static void Check(ErrorResult result)
    {
        if (!result.IsSuccess)
        {
            throw new InvalidOperationException($"{result.Error}: {result.Message}");
        }
    }

    private static void Say(string mark)
    {
        Console.Out.WriteLine(Mark + mark);
        Console.Out.Flush();
    }
}
