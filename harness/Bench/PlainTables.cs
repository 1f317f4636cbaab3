using Spectre.Console;

namespace Zurau.Harness.Bench;

/// <summary>
/// Configures tables for a file or a pipe: no colours, and wide enough not to wrap.
/// </summary>
internal static class PlainTables
{
    private const int Width = 180;

    internal static void WhenRedirected()
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = Width;
            AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        }
    }
}
