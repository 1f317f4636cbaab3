using System.Globalization;

namespace Zurau.Engine.Common.Settings;

/// <summary>Reads names and values of settings. The texts of refusals are those of Kafka's <c>ConfigDef</c>.</summary>
internal static class SettingText
{
    /// <summary>Removes dots, dashes and underscores and makes the rest lower-case.</summary>
    internal static string Fold(string name) => Without(name, ".-_");

    /// <summary>Removes underscores and makes the rest lower-case: Kafka's READ_COMMITTED is ReadCommitted in C#.</summary>
    internal static string Spelling(string text) => Without(text, "_");

    /// <summary>Returns the words of a list; none for an empty one.</summary>
    internal static string[] Words(string value) => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    internal static string? NumberProblem(string value, string type, long min, long max) =>
        Parse(value, type) is not long number ? $"Not a number of type {type}"
        : number < min ? $"Value must be at least {min}"
        : number > max ? $"Value must be no more than {max}"
        : null;

    /// <summary>The same for a setting with a value outside of its range.</summary>
    internal static string? NumberProblem(string value, string type, long min, long max, long or, string allowed) =>
        Parse(value, type) is not long number ? $"Not a number of type {type}"
        : (number < min || number > max) && number != or ? $"Value must be {allowed}"
        : null;

    internal static string? RealProblem(string value, double min, double max) =>
        !double.TryParse(value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || double.IsNaN(number) ? "Not a number of type DOUBLE"
        : number < min ? string.Create(CultureInfo.InvariantCulture, $"Value must be at least {min}")
        : number > max ? string.Create(CultureInfo.InvariantCulture, $"Value must be no more than {max}")
        : null;

    internal static string? BooleanProblem(string value) => bool.TryParse(value, out _) ? null : "Expected value to be either true or false";

    internal static string? ChoiceProblem(string value, params ReadOnlySpan<string> allowed) => allowed.Contains(value) ? null : $"String must be one of: {string.Join(", ", allowed!)}";

    /// <summary>Returns what is wrong with the first wrong word of a list.</summary>
    internal static string? ListProblem(string value, params ReadOnlySpan<string> allowed)
    {
        foreach (string word in Words(value))
        {
            if (ChoiceProblem(word, allowed) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static long? Parse(string value, string type) =>
        long.TryParse(value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && (type != "INT" || number is >= int.MinValue and <= int.MaxValue) ? number : null;

    private static string Without(string text, ReadOnlySpan<char> removed)
    {
        Span<char> kept = text.Length <= 256 ? stackalloc char[text.Length] : new char[text.Length];
        int count = 0;
        foreach (char letter in text)
        {
            if (!removed.Contains(letter))
            {
                kept[count++] = char.ToLowerInvariant(letter);
            }
        }

        return new string(kept[..count]);
    }
}
