using Microsoft.Extensions.Configuration;

namespace Orders;

/// <summary>Turns command line options into settings below the section <c>Kafka</c>.</summary>
internal static class SettingOverrides
{
    private const string BootstrapServers = "Kafka:BootstrapServers";
    private const string EmbeddedPrefix = "embedded:";

    /// <summary>
    /// Gives the settings of <c>--data</c> and <c>--kafka</c>, spelled as they are spelled where they are set already: names differ
    /// in case, dots, dashes and underscores, and a second spelling would not replace the first one.
    /// </summary>
    /// <exception cref="OrdersException">An override is not <c>key=value</c>.</exception>
    public static IReadOnlyDictionary<string, string?> From(OrdersArguments arguments, IConfiguration configuration)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (arguments.Data is not null)
        {
            settings[Spell(configuration, BootstrapServers)] = EmbeddedPrefix + arguments.Data;
        }

        foreach (string setting in arguments.Kafka)
        {
            int equals = setting.IndexOf('=');
            if (equals <= 0)
            {
                throw new OrdersException($"--kafka '{setting}' has no value; write --kafka key=value, such as producer:acks=1.");
            }

            settings[Spell(configuration, $"Kafka:{setting[..equals].Trim()}")] = setting[(equals + 1)..].Trim();
        }

        return settings;
    }

    /// <summary>Returns the folder of the ledgers: the engine's data directory, or ./data with memory or a cluster.</summary>
    public static string LedgerDirectory(IConfiguration configuration)
    {
        string? servers = configuration[Spell(configuration, BootstrapServers)];
        return servers is not null && servers.StartsWith(EmbeddedPrefix, StringComparison.Ordinal) && !servers.EndsWith(":memory:", StringComparison.Ordinal)
            ? servers[EmbeddedPrefix.Length..]
            : "./data";
    }

    private static string Spell(IConfiguration configuration, string key)
    {
        string path = "";
        foreach (string name in key.Split(':'))
        {
            IEnumerable<IConfigurationSection> there = path.Length == 0 ? configuration.GetChildren() : configuration.GetSection(path).GetChildren();
            string spelled = there.Select(child => child.Key).LastOrDefault(known => Normalize(known) == Normalize(name)) ?? name;
            path = path.Length == 0 ? spelled : $"{path}:{spelled}";
        }

        return path;
    }

    private static string Normalize(string name) =>
        string.Concat(name.Where(character => character is not ('.' or '-' or '_'))).ToUpperInvariant();
}
