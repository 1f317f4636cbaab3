namespace Zurau.Generators;

/// <summary>Specifies the kind of a listener method's return type.</summary>
internal enum ListenerReturn
{
    /// <summary>void: the call is complete when it returns.</summary>
    Nothing,

    /// <summary>Task.</summary>
    Task,

    /// <summary>ValueTask.</summary>
    ValueTask,
}
