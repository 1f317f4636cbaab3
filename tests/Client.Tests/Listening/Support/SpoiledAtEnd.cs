namespace Client.Tests.Listening.Support;

/// <summary>
/// Owns leased bytes of the fake cluster, which are spoiled when the lease ends, so that a use after it shows.
/// </summary>
internal sealed class SpoiledAtEnd(byte[] bytes) : IDisposable
{
    public void Dispose() => bytes.AsSpan().Fill(0xEE);
}
