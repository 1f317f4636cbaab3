using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Zurau;

/// <summary>The headers of a record, in wire order; names may repeat. Not thread-safe.</summary>
public sealed class Headers : IReadOnlyList<Header>
{
    /// <summary>An empty, read-only list of headers.</summary>
    public static readonly Headers Empty = new() { _isReadOnly = true };

    private readonly List<Header> _items = [];
    private bool _isReadOnly;

    /// <summary>Creates an empty list.</summary>
    public Headers()
    {
    }

    /// <summary>Copies headers in order.</summary>
    public Headers(IEnumerable<Header> headers) => _items.AddRange(headers);

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public Header this[int index] => _items[index];

    /// <summary>Appends a header, even if its name exists already.</summary>
    public Headers Add(string key, byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (_isReadOnly)
        {
            throw new InvalidOperationException("Headers.Empty is shared and read-only; create a new Headers() instead.");
        }

        _items.Add(new Header(key, value));
        return this;
    }

    /// <summary>Appends a header with UTF-8 text.</summary>
    public Headers Add(string key, string value) => Add(key, Encoding.UTF8.GetBytes(value));

    /// <summary>Removes all headers of a name.</summary>
    public Headers Remove(string key)
    {
        if (!_isReadOnly)
        {
            _items.RemoveAll(header => header.Key == key);
        }

        return this;
    }

    /// <summary>
    /// Finds the last header of a name; the last value is the effective one, as in Kafka.
    /// </summary>
    public bool TryGetLast(string key, [MaybeNullWhen(false)] out byte[]? value)
    {
        for (int i = _items.Count - 1; i >= 0; i--)
        {
            if (_items[i].Key == key)
            {
                value = _items[i].Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>
    /// Reads the last header of a name as UTF-8 text; null if the header or its value does
    /// not exist.
    /// </summary>
    public string? GetText(string key) =>
        TryGetLast(key, out byte[]? value) && value is not null ? Encoding.UTF8.GetString(value) : null;

    /// <inheritdoc/>
    public IEnumerator<Header> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
