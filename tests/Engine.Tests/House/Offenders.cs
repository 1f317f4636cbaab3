namespace Engine.Tests.House;

/// <summary>Fails with every offender in full, one a line.</summary>
internal static class Offenders
{
    public static void AssertNone(IEnumerable<string> offenders)
    {
        string[] all = [.. offenders.Distinct().Order(StringComparer.Ordinal)];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }
}
