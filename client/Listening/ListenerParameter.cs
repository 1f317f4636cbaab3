using System.ComponentModel;

namespace Zurau.Listening;

/// <summary>Helps generated and reflected invokers to hold the promise of a parameter's type.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ListenerParameter
{
    /// <summary>Returns a value for a parameter that cannot be null.</summary>
    /// <exception cref="ListenerBindingException">It is null: not retried.</exception>
    public static T NotNull<T>(T? value, string parameter)
        where T : class => value ?? throw IsNull(parameter, CSharpNames.Of(typeof(T)));

    internal static ListenerBindingException IsNull(string parameter, string type) =>
        new($"Parameter '{parameter}' cannot be null and the record has null there; declare it as {type}? to handle such records.");
}
