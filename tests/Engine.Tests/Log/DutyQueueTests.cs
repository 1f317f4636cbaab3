using Engine.Tests.Support;
using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Engine.Tests.Log;

public sealed class DutyQueueTests
{
    [Fact]
    public void A_request_from_before_the_start_is_served()
    {
        var pump = new SteppedPump(new SteppedTime());
        var queue = new DutyQueue<string>();
        var duty = new TakingDuty(queue);
        queue.Add("early");
        queue.Start(pump, duty);
        pump.Step();
        queue.Add("late");
        pump.Step();
        Assert.Equal(["early", "late"], duty.Taken);
    }

    private sealed class TakingDuty(DutyQueue<string> queue) : IDuty
    {
        public string Name => "taking";

        public long NextWorkMs => long.MaxValue;

        internal List<string> Taken { get; } = [];

        public int DoWork(long nowMs)
        {
            if (!queue.TryTake(out string? request))
            {
                return 0;
            }

            Taken.Add(request);
            return 1;
        }
    }
}
