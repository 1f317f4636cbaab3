using Engine.Tests.Support;
using Zurau.Engine.Log;

namespace Engine.Tests.Log;

/// <summary>An index that is read while it grows.</summary>
public sealed class OffsetIndexTests(ITestOutputHelper output)
{
    [Fact]
    public void A_reader_never_sees_an_unpublished_entry() => Assert.Null(FirstWrongAnswer(static () => new OffsetIndex(), rounds: 200));

    [Fact]
    public void An_index_that_publishes_its_count_before_the_entry_is_noticed() =>
        Assert.NotNull(FirstWrongAnswer(static () => new OffsetIndex(publishesCountFirst: true), rounds: 20_000));

    [Fact]
    public void A_long_index_costs_no_more_than_its_entries()
    {
        const int Added = 100_000;
        var index = new OffsetIndex();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Added; i++)
        {
            if (i % 100 == 0)
            {
                index.MakeRoom();
            }

            index.Append(i + 1, i * 10);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, Added * OffsetEntry.SizeBytes, Added * 9);
        Assert.Equal(Enumerable.Range(0, Added).Select(static i => new OffsetEntry(i + 1, i * 10)), index.Entries.ToArray());
        Assert.All([1, 16, 17, 512, 513, 528, 529, Added], offset => Assert.Equal((offset - 1) * 10, index.FloorPosition(offset)));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Entries.Read(Added, out _));
    }

    [Fact]
    public void A_further_aborted_transaction_costs_the_same_however_many_there_are()
    {
        const int Count = 20_000;
        var index = new TransactionIndex();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Count; i++)
        {
            index.Append(new AbortedTransaction(7, i, i, i));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 50L * Count);
        Assert.Equal(Enumerable.Range(0, Count).Select(static i => (long)i), index.Entries.ToArray().Select(static aborted => aborted.LastOffset));
    }

    /// <summary>
    /// Positions are ten times their offsets; a reader asks for the last one, which only
    /// grows.
    /// </summary>
    private string? FirstWrongAnswer(Func<OffsetIndex> create, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            OffsetIndex index = create();
            string? wrong = null;
            bool isDone = false;
            var reader = new Thread(() =>
            {
                int last = 0;
                while (!Volatile.Read(ref isDone))
                {
                    int position = index.FloorPosition(int.MaxValue);
                    if (position < last)
                    {
                        wrong = $"position {position} after {last}";
                        return;
                    }

                    last = position;
                }
            });
            reader.Start();
            for (int i = 1; i <= 5_000; i++)
            {
                index.Append(i, i * 10);
            }

            Volatile.Write(ref isDone, true);
            reader.Join();
            if (wrong is not null)
            {
                output.WriteLine($"round {round}: {wrong}");
                return wrong;
            }
        }

        return null;
    }
}
