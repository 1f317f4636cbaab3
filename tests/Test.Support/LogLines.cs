using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Zurau.Tests;

/// <summary>Keeps what is logged. Thread-safe.</summary>
internal sealed class LogLines : ILogger, ILoggerFactory, ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text, Exception? Exception)> _lines = new();

    internal IReadOnlyList<(LogLevel Level, string Text, Exception? Exception)> All => [.. _lines];

    /// <summary>Each line as <c>Level: text</c>.</summary>
    internal IReadOnlyList<string> Lines => [.. _lines.Select(static line => $"{line.Level}: {line.Text}")];

    /// <summary>Lines of a level or above, with a text in them.</summary>
    internal IReadOnlyList<string> Of(LogLevel level, string text) =>
        [.. _lines.Where(line => line.Level >= level && line.Text.Contains(text, StringComparison.Ordinal)).Select(static line => line.Text)];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, formatter(state, exception), exception));

    public void Dispose()
    {
    }
}
