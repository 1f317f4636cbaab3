using Zurau.Engine.Log;

namespace Zurau.Testing.Simulation;

/// <summary>
/// The kinds of steps of a world, as numbers: the engine's log points, disk operations,
/// and steps of the simulator itself.
/// </summary>
internal static class StepPoint
{
    internal const int Count = 128;
    internal const int Duty = 96;
    internal const int Continuation = 97;
    internal const int Operation = 98;
    internal const int Writing = 99;
    private const int FirstDiskOperation = 64;

    internal static int Of(LogPoint point) => (int)point;

    internal static int Of(DiskOperation operation) => FirstDiskOperation + System.Numerics.BitOperations.TrailingZeroCount((int)operation);

    internal static string Name(int point) => point switch
    {
        Duty => "duty",
        Continuation => "continuation",
        Operation => "operation",
        Writing => "disk.Writing",
        >= FirstDiskOperation => $"disk.{(DiskOperation)(1 << (point - FirstDiskOperation))}",
        _ => $"log.{(LogPoint)point}",
    };
}
