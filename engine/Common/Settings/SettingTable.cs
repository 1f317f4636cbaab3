using System.Globalization;

namespace Zurau.Engine.Common.Settings;

/// <summary>
/// Reads, writes and checks the settings of one options class by their names. The build generates it from the class's
/// <see cref="SettingAttribute"/>s; no reflection is used. Thread-safe; an options object is not.
/// </summary>
/// <typeparam name="TOptions">The options class.</typeparam>
public abstract class SettingTable<TOptions>
    where TOptions : class
{
    /// <summary>Gets the names in the order of their declaration.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Returns the declared name for any spelling of it, which may differ in case, dots, dashes and underscores; null if it is unknown.</summary>
    public string? Find(string name) => IndexOf(SettingText.Fold(name)) is >= 0 and int index ? Names[index] : null;

    /// <summary>Returns whether a setting is a list of words.</summary>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public bool IsList(string name) => IsList(Index(name));

    /// <summary>Returns which values a setting accepts, for a message: "a whole number of 0 or more".</summary>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public string Expected(string name) => Expected(Index(name));

    /// <summary>Returns the value of a setting as text; null if it is not set.</summary>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public string? Get(TOptions options, string name) => Get(options, Index(name));

    /// <summary>Sets a setting from text; returns false if it does not accept the value.</summary>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public bool TrySet(TOptions options, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return TrySet(options, Index(name), value.Trim());
    }

    /// <summary>Adds one line for each value that is out of range.</summary>
    /// <param name="options">The options.</param>
    /// <param name="section">What precedes each name in the lines: empty or <c>Listeners:billing:</c>.</param>
    /// <param name="errors">Where the lines are added.</param>
    public abstract void Validate(TOptions options, string section, ICollection<string> errors);

    /// <summary>Returns the index of a name without case, dots, dashes and underscores; -1 if it is unknown.</summary>
    protected abstract int IndexOf(string folded);

    /// <summary>Returns whether a setting is a list of words.</summary>
    protected abstract bool IsList(int index);

    /// <summary>Returns which values a setting accepts.</summary>
    protected abstract string Expected(int index);

    /// <summary>Returns the value of a setting as text.</summary>
    protected abstract string? Get(TOptions options, int index);

    /// <summary>Sets a setting from text.</summary>
    protected abstract bool TrySet(TOptions options, int index, string text);

    /// <summary>Reads a whole number in a range.</summary>
    protected static bool TryNumber(string text, long min, long max, long or, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && ((value >= min && value <= max) || value == or);

    /// <summary>Reads a number in a range.</summary>
    protected static bool TryReal(string text, double min, double max, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;

    /// <summary>Removes case and underscores from the spelling of a choice.</summary>
    protected static string Spelling(string text) => SettingText.Spelling(text);

    /// <summary>Returns the words of a list.</summary>
    protected static string[] Words(string text) => SettingText.Words(text);

    /// <summary>Adds a line if a number is out of range.</summary>
    protected void CheckNumber(ICollection<string> errors, string section, int index, long value, long min, long max, long or)
    {
        if ((value < min || value > max) && value != or)
        {
            Refuse(errors, section, index, value.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Adds a line if a number is out of range.</summary>
    protected void CheckReal(ICollection<string> errors, string section, int index, double value, double min, double max)
    {
        if (!(value >= min && value <= max))
        {
            Refuse(errors, section, index, value.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Adds the line for a value that is not accepted.</summary>
    protected void Refuse(ICollection<string> errors, string section, int index, string? value)
    {
        ArgumentNullException.ThrowIfNull(errors);
        errors.Add($"{section}{Names[index]}={value}: {Expected(index)} is expected");
    }

    /// <summary>Adds a line if a text is empty.</summary>
    protected void CheckText(ICollection<string> errors, string section, int index, string? value, string advice)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (string.IsNullOrWhiteSpace(value))
        {
            errors.Add($"{section}{Names[index]} is empty; {advice}");
        }
    }

    private int Index(string name) => IndexOf(SettingText.Fold(name)) is >= 0 and int index
        ? index
        : throw new ArgumentException($"Setting '{name}' does not exist; use one of {string.Join(", ", Names)}.", nameof(name));
}
