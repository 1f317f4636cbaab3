using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Orders;

/// <summary>Reads orders from JSON lines. Used once, by one thread.</summary>
internal sealed class OrderSource : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly StreamReader _reader;

    private OrderSource(Stream stream, string name)
    {
        _reader = new StreamReader(stream, Encoding.UTF8, bufferSize: BufferBytes);
        Name = name;
        SizeBytes = stream.CanSeek ? stream.Length : null;
    }

    /// <summary>The value of the <c>source-file</c> header.</summary>
    public string Name { get; }

    /// <summary>Bytes of the input; null for standard input.</summary>
    public long? SizeBytes { get; }

    /// <summary>Bytes read so far, a buffer ahead of the lines handed out.</summary>
    public long PositionBytes => _reader.BaseStream.CanSeek ? _reader.BaseStream.Position : 0;

    /// <summary>The file that comes with the sample.</summary>
    public static string ShippedFile => Path.Combine(AppContext.BaseDirectory, "orders.jsonl");

    /// <summary>Opens the input, which is generated first if the arguments say so.</summary>
    /// <exception cref="OrdersException">The file does not exist, or standard input cannot be generated.</exception>
    public static OrderSource Open(OrdersArguments arguments)
    {
        if (arguments.File == "-")
        {
            if (arguments.Generate is not null)
            {
                throw new OrdersException("--generate writes a file, and - is standard input; give a path or leave FILE out.");
            }

            return new OrderSource(Console.OpenStandardInput(), arguments.Source ?? "-");
        }

        if (arguments.Generate is int lines)
        {
            string generated = arguments.File ?? $"orders-{lines}.jsonl";
            OrderGenerator.Write(generated, lines);
            return new OrderSource(File.OpenRead(generated), arguments.Source ?? Path.GetFileName(generated));
        }

        string path = arguments.File ?? ShippedFile;
        if (!File.Exists(path))
        {
            throw new OrdersException($"There is no file '{path}'; give the path of a JSON-lines file, or - for standard input.");
        }

        return new OrderSource(File.OpenRead(path), arguments.Source ?? Path.GetFileName(path));
    }

    /// <summary>Reads line by line; empty lines are left out.</summary>
    public async IAsyncEnumerable<SourceLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        while (await _reader.ReadLineAsync(cancellationToken) is string line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Parse(number, line);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private static SourceLine Parse(long number, string line)
    {
        try
        {
            return JsonSerializer.Deserialize<Order>(line, JsonSerializerOptions.Web) is Order order
                ? new SourceLine(number, order, null)
                : new SourceLine(number, null, "the line is null, not an order");
        }
        catch (JsonException exception)
        {
            // The reader's own "LineNumber: 0" is about the one line it saw and would only confuse.
            string where = exception.Path is { Length: > 1 } path ? $" (at {path})" : "";
            return new SourceLine(number, null, exception.Message.Split(" Path:", 2)[0] + where);
        }
    }
}
