using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Zurau;

namespace Orders;

/// <summary>Separates failures that the user can correct from bugs.</summary>
internal static class UserError
{
    /// <summary>
    /// Returns the one line to show; false for a bug, whose stack trace is then shown.
    /// </summary>
    public static bool TryExplain(Exception exception, [NotNullWhen(true)] out string? line)
    {
        Exception cause = exception;
        while (cause is AggregateException or System.Reflection.TargetInvocationException && cause.InnerException is not null)
        {
            cause = cause.InnerException;
        }

        line = cause is OrdersException
            or ConfigurationException
            or KafkaException
            or OptionsValidationException
            or InvalidDataException
            or IOException
            or UnauthorizedAccessException
            ? cause.Message.ReplaceLineEndings(" ")
            : null;
        return line is not null;
    }
}
