using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Engine.Tests.Coordination;

/// <summary>
/// What cannot be read of <c>__transaction_state</c> is said, and nothing is decided
/// without it.
/// </summary>
public sealed class DamagedTransactionLogTests : IDisposable
{
    private const string StateLog = "__transaction_state-0/00000000000000000000.log";
    private const string CleanMarker = ".kafka_cleanshutdown";
    private readonly MemoryStorage _storage = new();

    public void Dispose() => _storage.Dispose();

    [Fact]
    public async Task A_flipped_bit_is_an_error_that_names_the_folder_and_never_an_older_state() // W10, K15
    {
        IReadOnlyList<TransactionListing> expected = await FillAsync();
        byte[] whole = Read(StateLog);
        byte[] marker = Read(CleanMarker);
        for (int position = 0; position < whole.Length; position++)
        {
            Restore(CleanMarker, marker); // A start that refuses has taken it.
            Write(StateLog, position, (byte)(whole[position] ^ (1 << (position % 8))));
            IReadOnlyList<TransactionListing>? loaded = await ListAsync();
            if (loaded is not null && loaded.Count > 0)
            {
                Assert.Equal((position, string.Join(' ', expected)), (position, string.Join(' ', loaded))); // In what no checksum covers.
            }

            Write(StateLog, position, whole[position]);
        }

        Restore(CleanMarker, marker);
        Assert.Equal(expected, await ListAsync());
    }

    private async Task<IReadOnlyList<TransactionListing>> FillAsync()
    {
        await using Broker broker = Open();
        broker.CreateTopic(new NewTopic("orders"));
        await broker.Transactions.InitProducerIdAsync("idle", 60_000);
        InitProducerIdResult given = await broker.Transactions.InitProducerIdAsync("busy", 60_000);
        byte[] batch = TransactionalClient.Batch(given.ProducerId, given.ProducerEpoch, 0, "a");
        Assert.Equal(ErrorCode.None, (await broker.Transactions.AppendAsync("busy", BrokerExtensions.Orders, batch, Acks.All)).Error);
        return broker.Transactions.List();
    }

    /// <summary>The transactional ids that a start loads; null where it refuses.</summary>
    private async Task<IReadOnlyList<TransactionListing>?> ListAsync()
    {
        try
        {
            await using Broker broker = Open();
            return broker.Transactions.List();
        }
        catch (StorageException exception)
        {
            Assert.Contains("__transaction_state-0", exception.Message, StringComparison.Ordinal);
            return null;
        }
    }

    private Broker Open() => Broker.Open(new BrokerSettings { Storage = _storage, RandomSeed = 1 });

    private byte[] Read(string path)
    {
        _storage.Open(path, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed("Opening");
        using (file)
        {
            file!.Length(out long length).ThrowIfFailed("Reading a length");
            byte[] bytes = new byte[length];
            file.Read(0, bytes, out _).ThrowIfFailed("Reading");
            return bytes;
        }
    }

    private void Restore(string path, byte[] content)
    {
        _storage.Delete(path);
        _storage.Open(path, FileOpening.New, out IStorageFile? file).ThrowIfFailed("Creating");
        using (file)
        {
            file!.Write(0, content).ThrowIfFailed("Writing");
        }
    }

    private void Write(string path, int position, byte value)
    {
        _storage.Open(path, FileOpening.Existing, out IStorageFile? file).ThrowIfFailed("Opening");
        using (file)
        {
            file!.Write(position, [value]).ThrowIfFailed("Writing");
        }
    }
}
