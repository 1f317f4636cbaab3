using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Where a store may need a block that a full disk does not have, batches are written:
/// the failure is an error of that append, and the log ends before it until it is
/// opened again.
/// </summary>
public sealed class UnsafeStoreTests : IDisposable
{
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;

    public UnsafeStoreTests() => _storage = new FaultyStorage(_memory) { IsStoreSafe = false };

    [Fact]
    public void Batches_of_every_size_are_written_and_none_is_stored() // S8
    {
        PartitionLog log = Logs.Open(_storage, new LogSettings());
        for (int i = 0; i < 20; i++)
        {
            int before = _storage.Writes;
            Assert.Equal(i, log.Append(Batches.Of(new string('x', 1 << i))).BaseOffset);
            Assert.Equal(before + 3, _storage.Writes); // Records, header, magic byte.
        }

        Assert.Equal(20, Logs.ReadAll(log).Count);
        Assert.True(log.Close().IsOk);
        log.Release();
        Soundness.AssertClosed(_storage);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task A_batch_that_cannot_be_written_is_refused_and_what_precedes_it_stays(int size) // S8
    {
        PartitionLog log = Logs.Open(_storage, new LogSettings());
        Assert.Equal(0, log.Append(Batches.Of("first")).BaseOffset);
        Assert.True(log.Flusher.FlushNow().IsOk);
        _storage.Write = IoResult.NoSpace;
        Appended refused = log.Append(Batches.Of(new string('x', size)));
        Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
        Assert.Contains("no space is left", refused.Message);
        _storage.Write = IoResult.Ok;
        Assert.Equal(ErrorCode.KafkaStorageError, log.Append(Batches.Of("later")).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, await log.WhenPublished(2));
        Assert.Equal("first", Assert.Single(Logs.ReadAll(log)).Value);
        Assert.False(log.Close().IsOk); // No clean marker: the next start truncates the rest.
        log.Release();

        PartitionLog again = Logs.Open(_storage, inputs: new RecoveryInputs(false, RecoveryPoint: 1));
        Assert.Equal("first", Assert.Single(Logs.ReadAll(again)).Value);
        Assert.Equal(1, again.Append(Batches.Of("later")).BaseOffset);
        Assert.True(again.Close().IsOk);
        again.Release();
        Soundness.AssertClosed(_storage);
    }

    [Fact]
    public async Task An_append_after_a_batch_that_could_not_be_written_is_answered() // S8
    {
        var hooks = new ReservedHook();
        PartitionLog log = Logs.Open(_storage, new LogSettings { Hooks = hooks });
        ValueTask<ErrorCode> waiting = default;
        hooks.Reserved = () =>
        {
            hooks.Reserved = null;
            Appended after = log.Append(Batches.Of("after the hole"));
            Assert.Equal(1, after.BaseOffset);
            waiting = log.WhenPublished(after.EndOffset);
            _storage.Write = IoResult.NoSpace;
        };
        Assert.Equal(ErrorCode.KafkaStorageError, log.Append(Batches.Of("hole")).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, await waiting);
        Assert.Empty(Logs.ReadAll(log));
        log.Release();
    }

    public void Dispose() => _memory.Dispose();

    private sealed class ReservedHook : LogHooks
    {
        internal Action? Reserved { get; set; }

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == LogPoint.AppendReserved)
            {
                Reserved?.Invoke();
            }
        }
    }
}
