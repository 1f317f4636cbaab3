using System.Text;

namespace Engine.Tests.House;

/// <summary>Uses types in ways that only a reader of whole assemblies notices.</summary>
internal static class Specimen
{
    internal static readonly List<Version> Versions = [];

    internal static readonly Func<string> Build = () => new StringBuilder().Append(typeof(System.Net.Cookie)).ToString();

    internal static async Task<int> LengthAsync()
    {
        try
        {
            var builder = new UriBuilder("http", "localhost");
            await Task.Yield();
            return checked(builder.Host.Length + Build().Length);
        }
        catch (OverflowException)
        {
            return int.MaxValue;
        }
    }
}
