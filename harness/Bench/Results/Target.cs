namespace Zurau.Harness.Bench.Results;

/// <summary>A target value of a row.</summary>
/// <param name="What">The figure that is compared.</param>
/// <param name="Sign">At least (≥) or at most (≤).</param>
/// <param name="Wanted">The bound.</param>
/// <param name="Reached">The figure of this run.</param>
internal sealed record Target(string What, string Sign, double Wanted, double Reached)
{
    public bool IsMet => Sign == "≥" ? Reached >= Wanted : Reached <= Wanted;

    internal static Target AtLeast(string what, double wanted, double reached) => new(what, "≥", wanted, reached);

    internal static Target AtMost(string what, double wanted, double reached) => new(what, "≤", wanted, reached);
}
