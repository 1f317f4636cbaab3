using System.Runtime.ExceptionServices;

namespace Zurau.Engine.Common;

/// <summary>Runs several steps, all of them even if one throws.</summary>
internal static class Attempts
{
    /// <summary>
    /// Runs all steps in order, then throws the first exception that was thrown.
    /// </summary>
    internal static void All(params Action[] steps)
    {
        Exception? first = null;
        foreach (Action step in steps)
        {
            try
            {
                step();
            }
            catch (Exception exception) when (exception is not IProcessEnd)
            {
                first ??= exception;
            }
        }

        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
