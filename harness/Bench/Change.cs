namespace Zurau.Harness.Bench;

/// <summary>Specifies how a row changed between two runs.</summary>
internal enum Change
{
    WithinNoise,
    Better,
    Worse,
    Added,
    Removed,
}
