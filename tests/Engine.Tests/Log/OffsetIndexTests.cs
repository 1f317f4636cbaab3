using Zurau.Engine.Log;

namespace Engine.Tests.Log;

/// <summary>An index that is read while it grows.</summary>
public sealed class OffsetIndexTests(ITestOutputHelper output)
{
    [Fact]
    public void A_reader_never_sees_an_entry_that_is_not_there_yet() => Assert.Null(FirstWrongAnswer(static () => new OffsetIndex(), rounds: 200));

    [Fact]
    public void An_index_that_publishes_its_count_before_the_entry_is_noticed() =>
        Assert.NotNull(FirstWrongAnswer(static () => new OffsetIndex(publishesCountFirst: true), rounds: 20_000));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700)]
    [InlineData(1024)]
    public void What_a_file_had_and_what_came_since_is_one_index_and_costs_no_more_than_its_entries(int read)
    {
        const int Added = 100_000;
        var index = new OffsetIndex();
        index.Reserve(read);
        for (int i = 0; i < read; i++)
        {
            index.Append(i + 1, i * 10);
        }

        IndexView<long> before = index.Entries;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = read; i < read + Added; i++)
        {
            if (i % 100 == 0)
            {
                index.MakeRoom();
            }

            index.Append(i + 1, i * 10);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, Added * sizeof(long), Added * 9);
        Assert.Equal(read, before.Length);
        Assert.Equal(Enumerable.Range(0, read + Added).Select(static i => SegmentWord.Pack(i + 1, i * 10)), index.Entries.ToArray());
        Assert.All([1, 512, 513, read + 1, read + 512, read + 513, read + Added], offset => Assert.Equal((offset - 1) * 10, index.FloorPosition(offset)));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Entries[read + Added]);
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

    /// <summary>Positions are ten times their offsets; a reader asks for the last one, which only grows.</summary>
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
