using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>Runs each duty as an actor of its process.</summary>
internal sealed class SimDutyPump(SimProcess process) : IDutyPump
{
    public long NowMs => process.World.NowMs;

    public IDutyHandle Start(IDuty duty)
    {
        ArgumentNullException.ThrowIfNull(duty);
        return new Handle(process, duty);
    }

    private sealed class Handle : IDutyHandle
    {
        private readonly SimProcess _process;
        private readonly IDuty _duty;
        private readonly Actor _actor;
        private long _wakes;
        private bool _isStopping;

        internal Handle(SimProcess process, IDuty duty)
        {
            _process = process;
            _duty = duty;
            _actor = process.Spawn(duty.Name, Run);
            _actor.IsDuty = true;
        }

        public void Wake() => _wakes++;

        public void Dispose()
        {
            _isStopping = true;
            if (_process.World.Current != _actor)
            {
                _process.World.Block(() => _actor.IsEnded, $"the end of {_duty.Name}");
            }
        }

        private void Run()
        {
            World world = _process.World;
            while (!_isStopping)
            {
                long seen = _wakes;
                world.Step(StepPoint.Duty, _duty.Name);
                if (_duty.DoWork(world.NowMs) == 0 && seen == _wakes)
                {
                    world.Block(() => _wakes != seen || _isStopping, "work", _duty.NextWorkMs);
                }
            }
        }
    }
}
