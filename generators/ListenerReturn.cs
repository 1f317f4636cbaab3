namespace Zurau.Generators;

/// <summary>What a listener method returns.</summary>
internal enum ListenerReturn
{
    /// <summary>void: it is through when it returns.</summary>
    Nothing,

    /// <summary>Task.</summary>
    Task,

    /// <summary>ValueTask.</summary>
    ValueTask,
}
