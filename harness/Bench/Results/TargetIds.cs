using System.Globalization;

namespace Zurau.Harness.Bench.Results;

/// <summary>
/// The ids of the project's performance targets, P1 to P16, as rows contain them.
/// </summary>
internal static class TargetIds
{
    private const int Last = 16;

    internal static IReadOnlyList<string> All { get; } = [.. Enumerable.Range(1, Last).Select(static number => $"P{number}")];

    /// <summary>Returns the first part of a row's id.</summary>
    internal static string Of(Row row) => row.Id.Split('.')[0];

    /// <summary>
    /// Returns the number of a row's target; rows without a target are last.
    /// </summary>
    internal static int NumberOf(Row row) =>
        All.Contains(Of(row)) ? int.Parse(Of(row)[1..], CultureInfo.InvariantCulture) : int.MaxValue;
}
