using Zurau.Transport;

namespace Client.Tests.Listening.Support;

/// <summary>
/// Leased batches of the fake cluster; the bytes are spoiled when the lease ends, so
/// that a use after it shows.
/// </summary>
internal sealed class FakeBatches(byte[] bytes) : FetchedBatches
{
    public override ReadOnlyMemory<byte> Bytes => bytes;

    public override void Dispose() => bytes.AsSpan().Fill(0xEE);
}
