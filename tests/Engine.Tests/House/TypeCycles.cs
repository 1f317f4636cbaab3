namespace Engine.Tests.House;

/// <summary>
/// Finds types that use each other, directly or through others: the strongly connected
/// components of two types and more.
/// </summary>
internal static class TypeCycles
{
    /// <summary>
    /// Returns the members of each cycle in ordinal order, the largest cycle first. A type
    /// that uses itself is not a cycle.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<string>> Of(IEnumerable<TypeUse> uses)
    {
        ILookup<string, string> used = uses.ToLookup(use => use.From, use => use.To);
        Dictionary<string, HashSet<string>> reached = used.Select(users => users.Key).ToDictionary(type => type, type => Reached(type, used));
        return
        [
            .. reached.Keys
                .Select(type => reached[type].Where(other => reached.TryGetValue(other, out HashSet<string>? back) && back.Contains(type)).Append(type).Distinct().Order(StringComparer.Ordinal).ToArray())
                .Where(cycle => cycle.Length > 1)
                .DistinctBy(cycle => cycle[0])
                .OrderByDescending(cycle => cycle.Length),
        ];
    }

    private static HashSet<string> Reached(string from, ILookup<string, string> used)
    {
        var reached = new HashSet<string>();
        var toVisit = new Queue<string>(used[from]);
        while (toVisit.TryDequeue(out string? type)) // Ends: each type's uses are queued once.
        {
            if (reached.Add(type))
            {
                foreach (string next in used[type])
                {
                    toVisit.Enqueue(next);
                }
            }
        }

        return reached;
    }
}
