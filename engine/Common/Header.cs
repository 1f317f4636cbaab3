using System.Text;

namespace Zurau;

/// <summary>One record header: a name, which may occur more than once, and bytes, which may be null.</summary>
public readonly record struct Header(string Key, byte[]? Value)
{
    /// <summary>Makes a header whose value is UTF-8 text.</summary>
    public Header(string key, string value)
        : this(key, Encoding.UTF8.GetBytes(value))
    {
    }
}
