using Zurau.Engine.Common;

namespace Engine.Tests.Support;

/// <summary>A duty that always has work; each call throws as long as the test wants it.</summary>
internal sealed class FailingDuty(string name, Exception? failure) : IDuty
{
    private int _calls;

    internal Exception? Failure { get; set; } = failure;

    internal int Calls => Volatile.Read(ref _calls);

    public string Name => name;

    public long NextWorkMs => 0;

    public int DoWork(long nowMs)
    {
        Interlocked.Increment(ref _calls);
        return Failure is null ? 0 : throw Failure;
    }
}
