using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Zurau.Listening;

/// <summary>
/// Knows the listener methods that the source generator wrote; each assembly adds its own when it is loaded. Thread-safe.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ListenerCatalog
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<ListenerMethod>> s_generated = new();

    /// <summary>Adds the methods of a class; called by generated code.</summary>
    public static void Add(Type handlerType, IReadOnlyList<ListenerMethod> methods) => s_generated[handlerType] = methods;

    /// <summary>The listener methods of a class: generated where they are, else found by reflection.</summary>
    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2026",
        Justification = "Reflection is the fallback for classes without generated methods.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reflection is the fallback for classes without generated methods.")]
    internal static IReadOnlyList<ListenerMethod> MethodsOf(Type handlerType)
    {
        RunModuleConstructor(handlerType.Module);
        IReadOnlyList<ListenerMethod> methods = s_generated.TryGetValue(handlerType, out IReadOnlyList<ListenerMethod>? generated)
            ? generated
            : ReflectedListeners.Of(handlerType);
        return methods.Count > 0
            ? methods
            : throw new ConfigurationException($"{handlerType.Name} has no method with [KafkaListener].");
    }

    /// <summary>The classes of an assembly that have listener methods, in the order of their names.</summary>
    [RequiresUnreferencedCode("Inspects all types of an assembly.")]
    internal static IReadOnlyList<Type> TypesOf(Assembly assembly) =>
        [.. assembly.GetTypes()
            .Where(type => type.IsClass && !type.IsAbstract && HasListener(type))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)];

    [RequiresUnreferencedCode("Inspects all methods of a type.")]
    private static bool HasListener(Type type) =>
        type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static)
            .Any(method => method.IsDefined(typeof(KafkaListenerAttribute)));

    /// <summary>Generated methods are added by a module initializer, which runs at the latest now.</summary>
    private static void RunModuleConstructor(Module module) => RuntimeHelpers.RunModuleConstructor(module.ModuleHandle);
}
