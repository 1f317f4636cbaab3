using System.Runtime.ExceptionServices;

namespace Zurau.Engine.Common;

/// <summary>Does several things of which none may be left out because another one throws.</summary>
internal static class Attempts
{
    /// <summary>Does all of them in order, then throws what the first that failed has thrown.</summary>
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
