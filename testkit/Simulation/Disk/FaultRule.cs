using System.IO.Enumeration;

namespace Zurau.Testing.Simulation;

/// <summary>A rule that makes calls fail: some by their number, or all at a rate.</summary>
internal sealed class FaultRule(DiskOperation operations, int errno, int firstCall, int times, double rate, string? pattern)
{
    private int _calls;

    internal int Errno => errno;

    internal bool Matches(DiskOperation operation, string path, SimRandom random)
    {
        if ((operations & operation) == 0 || (pattern is not null && !FileSystemName.MatchesSimpleExpression(pattern, path, ignoreCase: false)))
        {
            return false;
        }

        _calls++;
        return _calls >= firstCall && _calls - firstCall < times && (rate >= 1 || random.NextBool(rate));
    }
}
