using Zurau.Engine.Common;

namespace Client.Tests.Listening.Support;

/// <summary>A pump that never calls its duties.</summary>
internal sealed class IdlePump : IDutyPump
{
    public long NowMs => 0;

    public IDutyHandle Start(IDuty duty) => new Handle();

    private sealed class Handle : IDutyHandle
    {
        public void Wake()
        {
        }

        public void Dispose()
        {
        }
    }
}
