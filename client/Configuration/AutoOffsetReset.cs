using System.Diagnostics.CodeAnalysis;
using System.Xml;

namespace Zurau;

/// <summary>
/// Where a consumer begins if its group has no committed offset, or one that is not in the log (<c>auto.offset.reset</c>). The default value
/// is <see cref="Latest"/>.
/// </summary>
public readonly record struct AutoOffsetReset
{
    private const string DurationPrefix = "byduration:";

    private readonly Kind _kind;

    private AutoOffsetReset(Kind kind, TimeSpan duration = default)
    {
        _kind = kind;
        Duration = kind == Kind.ByDuration ? duration : null;
    }

    private enum Kind
    {
        Latest,
        Earliest,
        None,
        ByDuration,
    }

    /// <summary>Gets the end: only records that are appended from now on.</summary>
    public static AutoOffsetReset Latest => default;

    /// <summary>Gets the first readable record.</summary>
    public static AutoOffsetReset Earliest => new(Kind.Earliest);

    /// <summary>Gets no position: the poll fails.</summary>
    public static AutoOffsetReset None => new(Kind.None);

    /// <summary>Gets how far before now the first record is; null for the other kinds.</summary>
    public TimeSpan? Duration { get; }

    /// <summary>Returns the first record that is not older than a duration; the end if there is none (KIP-1106).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public static AutoOffsetReset ByDuration(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return new AutoOffsetReset(Kind.ByDuration, duration);
    }

    /// <summary>
    /// Reads <c>latest</c>, <c>earliest</c>, <c>none</c> or <c>by_duration:</c> with an ISO 8601 duration of days or less
    /// (<c>by_duration:P1DT12H</c>), without regard to case and underscores.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out AutoOffsetReset reset)
    {
        string folded = (text ?? "").Trim().Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        (reset, bool isKnown) = folded switch
        {
            "latest" => (Latest, true),
            "earliest" => (Earliest, true),
            "none" => (None, true),
            _ => (default, false),
        };
        if (isKnown || !folded.StartsWith(DurationPrefix, StringComparison.Ordinal))
        {
            return isKnown;
        }

        string duration = folded[DurationPrefix.Length..].ToUpperInvariant();
        int time = duration.IndexOf('T', StringComparison.Ordinal);
        ReadOnlySpan<char> days = time < 0 ? duration : duration.AsSpan(0, time);
        if (days.ContainsAny('Y', 'M') || duration.StartsWith('-'))
        {
            return false; // Years and months have no fixed length.
        }

        try
        {
            reset = ByDuration(XmlConvert.ToTimeSpan(duration));
            return true;
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>Returns the value as a setting spells it.</summary>
    public override string ToString() => _kind switch
    {
        Kind.Earliest => "earliest",
        Kind.None => "none",
        Kind.ByDuration => $"by_duration:{XmlConvert.ToString(Duration!.Value)}",
        _ => "latest",
    };
}
