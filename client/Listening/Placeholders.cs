using System.Text;
using Microsoft.Extensions.Configuration;

namespace Zurau.Listening;

/// <summary>Replaces <c>{Section:Key}</c> in an attribute's strings by what configuration says.</summary>
internal static class Placeholders
{
    /// <summary>Replaces every placeholder of a text.</summary>
    /// <exception cref="ConfigurationException">A key is not there, or a brace is not closed: names the key and the method.</exception>
    public static string Resolve(string text, IConfiguration? configuration, string method)
    {
        if (!text.Contains('{', StringComparison.Ordinal))
        {
            return text;
        }

        var resolved = new StringBuilder();
        int position = 0;
        while (text.IndexOf('{', position) is var open and >= 0)
        {
            int close = text.IndexOf('}', open);
            if (close < 0)
            {
                throw new ConfigurationException($"'{text}' of listener method '{method}' has a '{{' without a '}}': write {{Section:Key}}.");
            }

            string key = text[(open + 1)..close].Trim();
            if (key.Length == 0)
            {
                throw new ConfigurationException($"'{text}' of listener method '{method}' has braces without a configuration key: write {{Section:Key}}.");
            }

            string value = configuration?[key] ?? throw Missing(text, key, method, configuration);
            resolved.Append(text, position, open - position).Append(value);
            position = close + 1;
        }

        return resolved.Append(text, position, text.Length - position).ToString();
    }

    private static ConfigurationException Missing(string text, string key, string method, IConfiguration? configuration) => new(
        $"'{text}' of listener method '{method}' needs the configuration key '{key}', " + (configuration is null
            ? "but no IConfiguration is registered: register one."
            : $"which does not exist: add it to appsettings.json or set the environment variable {key.Replace(":", "__", StringComparison.Ordinal)}."));
}
