namespace Zurau.Harness.Bench;

/// <summary>What became of a row from one run to another.</summary>
internal enum Change
{
    WithinNoise,
    Better,
    Worse,
    Added,
    Removed,
}
