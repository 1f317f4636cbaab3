namespace Zurau.Embedded;

/// <summary>Reads <c>bootstrap.servers</c>.</summary>
internal static class BootstrapServers
{
    private const string Scheme = "embedded:";
    private const string Memory = ":memory:";

    internal static bool IsEmbedded(string? value) => value is not null && value.Trim().StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>The data directory of an embedded engine; null for one in memory.</summary>
    /// <exception cref="ConfigurationException">The setting names a cluster, or nothing.</exception>
    internal static string? Directory(string value)
    {
        string setting = value.Trim();
        if (!IsEmbedded(setting))
        {
            throw new ConfigurationException(IsCluster(setting)
                ? $"bootstrap.servers='{value}' names a cluster, which the embedded engine cannot connect to: add the package Zurau.Confluent " +
                    "and call UseConfluent() after AddZurau. Or use embedded:./data, or embedded::memory: for tests."
                : $"bootstrap.servers='{value}' is neither an embedded engine nor a cluster. Write embedded:./data (a " +
                    "directory), or embedded::memory: for tests.");
        }

        string path = setting[Scheme.Length..];
        return string.Equals(path, Memory, StringComparison.OrdinalIgnoreCase) ? null
            : path.Length > 0 && path[0] != ':' ? path
            : throw new ConfigurationException(
                $"bootstrap.servers='{value}' names no directory. Write embedded:./data, or embedded::memory: for tests.");
    }

    private static bool IsCluster(string setting)
    {
        string[] servers = setting.Split(',', StringSplitOptions.TrimEntries);
        return servers.All(static server => IsHostAndPort(server));
    }

    private static bool IsHostAndPort(string server)
    {
        int colon = server.LastIndexOf(':');
        return colon > 0
            && ushort.TryParse(server.AsSpan(colon + 1), out ushort port)
            && port > 0
            && !server.Contains('/', StringComparison.Ordinal);
    }
}
