using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Zurau;

namespace Orders;

/// <summary>Tells failures that the user can do something about from bugs.</summary>
internal static class UserError
{
    /// <summary>
    /// Gives the one line to show; false for a failure that is nobody's input, whose stack trace is then worth showing.
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
