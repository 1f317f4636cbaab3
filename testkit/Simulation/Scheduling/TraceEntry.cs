namespace Zurau.Testing.Simulation;

internal readonly record struct TraceEntry(long Step, long Ms, Actor Actor, int Point, string? Detail, long Position, long Length)
{
    public override string ToString()
    {
        string where = Length > 0 ? $" [{Position}+{Length}]" : "";
        return $"{Step,7} {Ms,8} ms  {Actor.Name,-14} {StepPoint.Name(Point)}{(Detail is null ? "" : $" {Detail}")}{where}";
    }
}
