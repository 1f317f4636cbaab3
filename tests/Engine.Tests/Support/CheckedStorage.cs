using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Support;

/// <summary>Runs the structural check whenever a broker has shut down cleanly.</summary>
internal sealed class CheckedStorage(IStorage inner) : ForwardingStorage(inner)
{
    public override void Release()
    {
        Soundness.AssertSoundIfClosed(new StorageFiles(Inner));
        Inner.Release();
    }
}
