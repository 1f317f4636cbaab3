using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Zurau.Listening;

/// <summary>Finds the listener methods of a class by reflection, for classes that the source generator has not seen.</summary>
[RequiresUnreferencedCode("Listener methods are found by reflection; the source generator needs none.")]
[RequiresDynamicCode("Listener methods are called by reflection; the source generator needs none.")]
internal static class ReflectedListeners
{
    private const BindingFlags AllMethods =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    /// <summary>The listener methods of a class, in the order of their declaration.</summary>
    /// <exception cref="ConfigurationException">A method cannot be called: names class, method, parameter and what is allowed.</exception>
    public static IReadOnlyList<ListenerMethod> Of(Type handlerType) =>
        [.. handlerType.GetMethods(AllMethods)
            .Where(method => method.GetCustomAttribute<KafkaListenerAttribute>() is not null)
            .OrderBy(method => method.MetadataToken)
            .Select(method => Bind(handlerType, method))];

    private static ListenerMethod Bind(Type handlerType, MethodInfo method)
    {
        ParameterInfo[] parameters = method.GetParameters();
        string signature = $"({string.Join(", ", parameters.Select(parameter => CSharpNames.Of(parameter.ParameterType)))})";
        string name = $"{handlerType.Name}.{method.Name}{signature}";
        CheckMethod(handlerType, method, name);
        ReflectedParameter[] bound = ReflectedParameter.Bind(parameters, name);
        Type? record = parameters.Select(p => p.ParameterType).FirstOrDefault(ReflectedParameter.IsConsumerRecord);
        return new ListenerMethod
        {
            HandlerType = handlerType,
            MethodName = method.Name,
            Signature = signature,
            Attribute = method.GetCustomAttribute<KafkaListenerAttribute>()!,
            TakesAcknowledgment = parameters.Any(p => p.ParameterType == typeof(IAcknowledgment)),
            ValueType = bound.FirstOrDefault(p => p.Kind == ParameterKind.Value)?.Type ?? record?.GetGenericArguments()[1],
            KeyType = bound.FirstOrDefault(p => p.Kind == ParameterKind.Key)?.Type ?? record?.GetGenericArguments()[0],
            ServiceTypes = [.. bound.Where(p => p.Kind == ParameterKind.Service).Select(p => p.Type)],
            Invoker = Invoker(handlerType, method, bound),
        };
    }

    private static void CheckMethod(Type handlerType, MethodInfo method, string name)
    {
        string? problem =
            method.IsStatic ? "is static: make it an instance method of a class that is resolved from DI"
            : method.IsGenericMethod || handlerType.ContainsGenericParameters ? "is generic: give it and its class no type parameters"
            : handlerType.IsAbstract ? $"is in {handlerType.Name}, which cannot be made: put it into a class that is not abstract"
            : !(method.IsPublic || method.IsAssembly || method.IsFamilyOrAssembly) ? "cannot be reached: make it public or internal"
            : method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute))
                ? "is async void, which cannot be awaited: return Task"
            : method.ReturnType != typeof(void) && method.ReturnType != typeof(Task) && method.ReturnType != typeof(ValueTask)
                ? $"returns {CSharpNames.Of(method.ReturnType)}: return void, Task or ValueTask"
            : null;
        if (problem is not null)
        {
            throw new ConfigurationException($"Listener method '{name}' {problem}.");
        }
    }

    private static ListenerInvoker Invoker(Type handlerType, MethodInfo method, ReflectedParameter[] parameters) =>
        invocation =>
        {
            object handler = invocation.Services.GetService(handlerType)
                ?? throw new InvalidOperationException($"No service for {handlerType} is registered.");
            object?[] arguments = new object?[parameters.Length];
            for (int i = 0; i < arguments.Length; i++)
            {
                arguments[i] = parameters[i].Get(invocation);
            }

            return method.Invoke(handler, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null) switch
            {
                Task task => new ValueTask(task),
                ValueTask task => task,
                _ => default,
            };
        };
}
