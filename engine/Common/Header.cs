using System.Text;

namespace Zurau;

/// <summary>
/// A record header: a name, which may repeat, and bytes, which may be null.
/// </summary>
public readonly record struct Header(string Key, byte[]? Value)
{
    /// <summary>Creates a header whose value is UTF-8 text.</summary>
    public Header(string key, string value)
        : this(key, Encoding.UTF8.GetBytes(value))
    {
    }
}
