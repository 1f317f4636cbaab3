namespace Zurau.Listening;

/// <summary>Tells exceptions that trying again cannot help. The whole cause chain counts, subclasses too, as in Spring.</summary>
internal sealed class ExceptionClassifier(IReadOnlyCollection<string> names)
{
    private readonly HashSet<string> _names = new(names, StringComparer.Ordinal);

    public bool IsRetryable(Exception exception)
    {
        if (exception is SerializationException or ListenerBindingException or InvalidCastException or NotRetryableException
            || IsNamed(exception.GetType()))
        {
            return false;
        }

        return exception is AggregateException many
            ? many.InnerExceptions.All(IsRetryable)
            : exception.InnerException is null || IsRetryable(exception.InnerException);
    }

    private bool IsNamed(Type type)
    {
        for (Type? t = type; _names.Count > 0 && t is not null; t = t.BaseType)
        {
            if (_names.Contains(t.Name) || _names.Contains(t.FullName ?? ""))
            {
                return true;
            }
        }

        return false;
    }
}
