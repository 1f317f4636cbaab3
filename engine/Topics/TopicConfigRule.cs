using System.Globalization;
using Zurau.Engine.Log;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Topics;

/// <summary>What one topic setting takes, and what it is where nobody sets it. The words of a refusal are Kafka's.</summary>
/// <param name="Name">Kafka's name.</param>
/// <param name="Problem">What is wrong with a value; null for nothing.</param>
/// <param name="Default">The broker's value.</param>
/// <param name="IsList">Whether words can be added and taken away.</param>
/// <param name="HasEffect">Whether the engine does anything with it.</param>
internal sealed record TopicConfigRule(string Name, Func<string, string?> Problem, Func<LogSettings, string> Default, bool IsList = false, bool HasEffect = true)
{
    internal static TopicConfigRule Long(string name, long minimum, Func<LogSettings, long> otherwise, long maximum = long.MaxValue) =>
        new(name, value => NumberProblem(value, minimum, maximum, "LONG"), settings => otherwise(settings).ToString(CultureInfo.InvariantCulture));

    internal static TopicConfigRule Integer(string name, int minimum, Func<LogSettings, int> otherwise, bool hasEffect = true) =>
        new(name, value => NumberProblem(value, minimum, int.MaxValue, "INT"), settings => otherwise(settings).ToString(CultureInfo.InvariantCulture), HasEffect: hasEffect);

    internal static TopicConfigRule Share(string name, Func<LogSettings, double> otherwise) =>
        new(name, ShareProblem, settings => otherwise(settings).ToString(CultureInfo.InvariantCulture));

    internal static TopicConfigRule OneOf(string name, string[] allowed, Func<LogSettings, string> otherwise, bool hasEffect = true) =>
        new(name, value => ChoiceProblem(value, allowed), otherwise, HasEffect: hasEffect);

    internal static TopicConfigRule Level(string name, CompressionType type) => new(
        name,
        value => !int.TryParse(value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int level)
            ? "Not a number of type INT"
            : BatchCompression.LevelProblem(type, level) is { } wanted ? $"Value must be {wanted}" : null,
        _ => BatchCompression.DefaultLevel(type).ToString(CultureInfo.InvariantCulture));

    internal static TopicConfigRule Boolean(string name, bool hasEffect) => new(
        name,
        static value => value.Trim().ToLowerInvariant() is "true" or "false" ? null : "Expected value to be either true or false",
        static _ => "false",
        HasEffect: hasEffect);

    internal static TopicConfigRule List(string name, string[] allowed, Func<LogSettings, string> otherwise) =>
        new(name, value => Words(value).Select(word => ChoiceProblem(word, allowed)).FirstOrDefault(static problem => problem is not null), otherwise, IsList: true);

    /// <summary>The words of a list; none for an empty one.</summary>
    internal static string[] Words(string value) => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string? NumberProblem(string value, long minimum, long maximum, string type) =>
        !long.TryParse(value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) || (type == "INT" && number is < int.MinValue or > int.MaxValue)
            ? $"Not a number of type {type}"
            : number < minimum ? $"Value must be at least {minimum}" : number > maximum ? $"Value must be no more than {maximum}" : null;

    private static string? ShareProblem(string value) =>
        !double.TryParse(value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || double.IsNaN(number)
            ? "Not a number of type DOUBLE"
            : number < 0 ? "Value must be at least 0" : number > 1 ? "Value must be no more than 1" : null;

    private static string? ChoiceProblem(string value, string[] allowed) => allowed.Contains(value) ? null : $"String must be one of: {string.Join(", ", allowed)}";
}
