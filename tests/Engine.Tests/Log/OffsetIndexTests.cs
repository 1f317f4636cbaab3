using Xunit.Abstractions;
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
