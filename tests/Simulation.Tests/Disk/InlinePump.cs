using Zurau.Engine.Common;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>Steps duties on the test's request, on its thread.</summary>
internal sealed class InlinePump(SimTime time) : IDutyPump
{
    private readonly List<IDuty> _duties = [];

    public long NowMs => (long)time.Now.TotalMilliseconds;

    public IDutyHandle Start(IDuty duty)
    {
        _duties.Add(duty);
        return new Handle(() => _duties.Remove(duty));
    }

    /// <summary>Steps until nothing is left to do.</summary>
    internal void Run()
    {
        while (_duties.ToArray().Sum(duty => duty.DoWork(NowMs)) > 0)
        {
        }
    }

    private sealed class Handle(Action stop) : IDutyHandle
    {
        public void Wake()
        {
        }

        public void Dispose() => stop();
    }
}
