namespace Zurau.Harness.Bench.Results;

/// <summary>Something the project wants a row to reach.</summary>
/// <param name="What">The figure that is looked at.</param>
/// <param name="Sign">Whether it should be at least (≥) or at most (≤) what is wanted.</param>
/// <param name="Wanted">The bound.</param>
/// <param name="Reached">The figure of this run.</param>
internal sealed record Target(string What, string Sign, double Wanted, double Reached)
{
    public bool IsMet => Sign == "≥" ? Reached >= Wanted : Reached <= Wanted;

    internal static Target AtLeast(string what, double wanted, double reached) => new(what, "≥", wanted, reached);

    internal static Target AtMost(string what, double wanted, double reached) => new(what, "≤", wanted, reached);
}
