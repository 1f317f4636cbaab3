namespace Zurau.Configuration;

/// <summary>Compares names of settings: <c>bootstrap.servers</c>, <c>BootstrapServers</c> and <c>BOOTSTRAP_SERVERS</c> are one.</summary>
internal static class SettingName
{
    /// <summary>Leaves out dots, dashes and underscores and makes what is left lower-case.</summary>
    internal static string Normalize(string name) =>
        string.Concat(name.Where(letter => letter is not ('.' or '-' or '_'))).ToLowerInvariant();

    /// <summary>Finds the name with the fewest typing errors between; null where even that one is far away.</summary>
    internal static string? Nearest(string name, IEnumerable<string> known)
    {
        string wanted = Normalize(name);
        string? nearest = null;
        int fewest = Math.Max(2, wanted.Length / 2) + 1;
        foreach (string candidate in known)
        {
            int distance = Distance(wanted, Normalize(candidate));
            if (distance < fewest)
            {
                fewest = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    // Levenshtein's distance, one row at a time.
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
