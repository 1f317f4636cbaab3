using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;

namespace Orders;

/// <summary>
/// A durable append-only file of JSON lines, one for each handling. Entries that arrive together are written and
/// flushed together, so that a flush is paid once for many of them. Thread-safe.
/// </summary>
internal sealed class Ledger<TEntry> : IAsyncDisposable
    where TEntry : class, ILedgerEntry<TEntry>
{
    private const int MaxGroup = 8192;

    private readonly FileStream _file;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal); // Of entries on disk and in the group that is being written; used by the writer only.

    // Bounded by the listener: it pauses a partition that has too many records without an acknowledgment.
    private readonly Channel<(TEntry Entry, Action<bool> Recorded)> _entries =
        Channel.CreateUnbounded<(TEntry, Action<bool>)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly string _path;
    private long _endPosition;
    private int _count;
    private Task _writer = Task.CompletedTask;

    private Ledger(string path)
    {
        _path = path;

        // Unbuffered: a group is one write, and FileShare.None keeps a second process out.
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
    }

    /// <summary>The number of different entries on disk.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Opens or creates the file and cuts what a crash left of the last group.</summary>
    /// <exception cref="InvalidDataException">A line is damaged that had been flushed.</exception>
    /// <exception cref="IOException">The file cannot be opened, or another process has it open.</exception>
    public static Ledger<TEntry> Open(string path)
    {
        var ledger = new Ledger<TEntry>(path);
        try
        {
            ledger.Load();
            ledger._writer = Task.Run(ledger.WriteAsync);
            return ledger;
        }
        catch
        {
            ledger._file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Adds an entry and returns at once. An entry that comes after <see cref="CloseAsync"/> or a failed write is
    /// ignored: its record is not acknowledged, so it is delivered again to the next run.
    /// </summary>
    /// <param name="entry">The entry.</param>
    /// <param name="recorded">Called when the entry is on disk; false if its id was there already.</param>
    public void Record(TEntry entry, Action<bool> recorded) => _entries.Writer.TryWrite((entry, recorded));

    /// <summary>Throws if a write has failed.</summary>
    /// <exception cref="OrdersException">The ledger could not be written.</exception>
    public void ThrowIfFailed()
    {
        if (_writer.IsFaulted)
        {
            _writer.GetAwaiter().GetResult();
        }
    }

    /// <summary>Accepts no more entries and waits until those that were added are on disk.</summary>
    /// <exception cref="OrdersException">The ledger could not be written.</exception>
    public async Task CloseAsync()
    {
        _entries.Writer.TryComplete();
        await _writer;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // ThrowIfFailed and CloseAsync report it.
        await _file.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var lines = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(lines);
        var group = new List<(Action<bool> Recorded, bool IsFirst)>(MaxGroup);
        try
        {
            while (await _entries.Reader.WaitToReadAsync())
            {
                while (group.Count < MaxGroup && _entries.Reader.TryRead(out (TEntry Entry, Action<bool> Recorded) added))
                {
                    bool isFirst = _ids.Add(added.Entry.Id);
                    JsonSerializer.Serialize(json, isFirst ? added.Entry : added.Entry.AsAgain(), JsonSerializerOptions.Web);
                    json.Reset();
                    lines.Write("\n"u8);
                    group.Add((added.Recorded, isFirst));
                }

                Write(lines.WrittenSpan);
                Volatile.Write(ref _count, _ids.Count);
                group.ForEach(static entry => entry.Recorded(entry.IsFirst));
                group.Clear();
                lines.ResetWrittenCount();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _entries.Writer.TryComplete();
            throw new OrdersException($"The ledger '{_path}' cannot be written: {exception.Message} Remove the cause and run again.");
        }
    }

    private void Write(ReadOnlySpan<byte> lines)
    {
        _file.Position = _endPosition;
        _file.Write(lines);
        _file.Flush(flushToDisk: true);
        _endPosition += lines.Length;
    }

    private void Load()
    {
        byte[] bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        int lineNumber = 0;
        while (bytes.AsSpan((int)_endPosition).IndexOf((byte)'\n') is int length and >= 0)
        {
            lineNumber++;
            ReadOnlySpan<byte> line = bytes.AsSpan((int)_endPosition, length);
            if (TryParse(line) is not { } entry)
            {
                // A line is valid JSON without NUL. A NUL is from a block that never reached the disk, and only the last
                // group can have one: each group is flushed before the next one is written.
                if (line.Contains((byte)0) || (int)_endPosition + length + 1 == bytes.Length)
                {
                    break;
                }

                throw new InvalidDataException($"Line {lineNumber} of the ledger '{_path}' is damaged; move the file away to begin a new ledger.");
            }

            _ids.Add(entry.Id);
            _endPosition += length + 1;
        }

        _count = _ids.Count;
        if (_endPosition < bytes.Length)
        {
            _file.SetLength(_endPosition);
            _file.Flush(flushToDisk: true);
        }
    }

    private static TEntry? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<TEntry>(line, JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
