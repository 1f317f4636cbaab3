using System.Text.Json;

namespace Orders;

/// <summary>
/// A durable append-only file of JSON lines, one for every handling. A line is on disk before <see cref="Record"/> returns, so what
/// is acknowledged afterwards is in the ledger. Thread-safe.
/// </summary>
internal sealed class Ledger<TEntry> : IDisposable
    where TEntry : class, ILedgerEntry<TEntry>
{
    private readonly Lock _lock = new();
    private readonly FileStream _file;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private long _endPosition;

    private Ledger(FileStream file) => _file = file;

    /// <summary>How many different entries the ledger holds.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _ids.Count;
            }
        }
    }

    /// <summary>Opens or makes the file and cuts a line that a crash left unfinished.</summary>
    /// <exception cref="InvalidDataException">A line that is not the last one makes no sense.</exception>
    /// <exception cref="IOException">The file cannot be opened, or another process has it open.</exception>
    public static Ledger<TEntry> Open(string path)
    {
        // Unbuffered: a line is one write, and FileShare.None keeps a second process out.
        var ledger = new Ledger<TEntry>(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        try
        {
            ledger.Load(path);
            return ledger;
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    /// <summary>Writes an entry and flushes it to disk; false when its id is in the ledger already (the line then says "again").</summary>
    public bool Record(TEntry entry)
    {
        lock (_lock)
        {
            bool isFirst = !_ids.Contains(entry.Id);
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(isFirst ? entry : entry.AsAgain(), JsonSerializerOptions.Web), (byte)'\n'];

            // A write that failed half way (a full disk) is cut before the next one.
            _file.SetLength(_endPosition);
            _file.Position = _endPosition;
            _file.Write(line);
            _file.Flush(flushToDisk: true);
            _endPosition += line.Length;
            _ids.Add(entry.Id);
            return isFirst;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Load(string path)
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
                if ((int)_endPosition + length + 1 == bytes.Length)
                {
                    break; // The last line: its blocks may have reached the disk in any order.
                }

                throw new InvalidDataException($"Line {lineNumber} of the ledger '{path}' is damaged; move the file away to begin a new ledger.");
            }

            _ids.Add(entry.Id);
            _endPosition += length + 1;
        }

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
