using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;

namespace Zurau.Generators;

/// <summary>
/// Checks listener methods. The analyzer reports the problems; the generator leaves such methods to the run time, which rejects them at
/// startup for the same reasons.
/// </summary>
internal static class ListenerRules
{
    public static readonly DiagnosticDescriptor NotCallable =
        Rule("ZU0001", "A listener method must be callable", "Listener method '{0}' {1}");

    public static readonly DiagnosticDescriptor ReturnType =
        Rule("ZU0002", "A listener method returns void, Task or ValueTask", "Listener method '{0}' {1}");

    public static readonly DiagnosticDescriptor Parameter = Rule(
        "ZU0003",
        "A listener method's parameter must be bindable",
        "Parameter '{0}' of listener method '{1}' {2}; allowed are the value, [Key], [Header], ConsumerRecord<,>, Headers, " +
        "IAcknowledgment, CancellationToken and services");

    public static readonly DiagnosticDescriptor AckMode =
        Rule("ZU0004", "The ack mode must fit the parameters", "Listener method '{0}' {1}");

    public static ImmutableArray<DiagnosticDescriptor> All { get; } = ImmutableArray.Create(NotCallable, ReturnType, Parameter, AckMode);

    /// <summary>Returns all problems of a method.</summary>
    public static IEnumerable<Diagnostic> Check(IMethodSymbol method, AttributeData attribute, CancellationToken cancellationToken)
    {
        Location location = method.Locations.FirstOrDefault() ?? Location.None;
        string name = $"{method.ContainingType.Name}.{method.Name}";
        if (CallProblem(method) is { } callProblem)
        {
            yield return Diagnostic.Create(NotCallable, location, name, callProblem);
        }

        if (ReturnProblem(method) is { } returnProblem)
        {
            yield return Diagnostic.Create(ReturnType, location, name, returnProblem);
        }

        ImmutableArray<ParameterKind> kinds = ParameterRules.KindsOf(method);
        for (int i = 0; i < kinds.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IParameterSymbol parameter = method.Parameters[i];
            if (ParameterRules.ProblemOf(parameter, kinds[i]) is { } problem)
            {
                yield return Diagnostic.Create(Parameter, parameter.Locations.FirstOrDefault() ?? location, parameter.Name, name, problem);
            }
        }

        IParameterSymbol[] payloads = method.Parameters
            .Where(p => KnownTypes.Find(p, ParameterRules.PayloadAttribute) is not null)
            .ToArray();
        if (payloads.Length > 1)
        {
            yield return Diagnostic.Create(
                Parameter,
                payloads[1].Locations.FirstOrDefault() ?? location,
                payloads[1].Name,
                name,
                "is the second with [Payload]: a record has one value");
        }

        if (AckModeProblem(attribute, kinds.Contains(ParameterKind.Acknowledgment)) is { } ackProblem)
        {
            yield return Diagnostic.Create(AckMode, location, name, ackProblem);
        }
    }

    private static DiagnosticDescriptor Rule(string id, string title, string message) =>
        new(id, title, message, "Zurau", DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <summary>Returns true if generated code of the same assembly can name a type.</summary>
    public static bool IsReachable(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? t = type; t is not null; t = t.ContainingType)
        {
            if (t.IsGenericType || !IsReachable(t.DeclaredAccessibility))
            {
                return false;
            }
        }

        return true;
    }

    private static string? CallProblem(IMethodSymbol method)
    {
        if (method.IsStatic)
        {
            return "is static: make it an instance method of a class that is resolved from DI";
        }

        if (method.ContainingType.IsAbstract)
        {
            return $"is in {method.ContainingType.Name}, which cannot be created: move it to a class that is not abstract";
        }

        if (method.IsGenericMethod)
        {
            return "is generic: remove the type parameters of the method and its class";
        }

        for (INamedTypeSymbol? type = method.ContainingType; type is not null; type = type.ContainingType)
        {
            if (type.IsGenericType)
            {
                return "is generic: remove the type parameters of the method and its class";
            }

            if (!IsReachable(type.DeclaredAccessibility))
            {
                return $"cannot be reached: make {type.Name} public or internal";
            }
        }

        return IsReachable(method.DeclaredAccessibility) ? null : "cannot be reached: make it public or internal";
    }

    private static bool IsReachable(Accessibility accessibility) =>
        accessibility is Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal;

    private static string? ReturnProblem(IMethodSymbol method) =>
        method.ReturnsVoid ? method.IsAsync ? "is async void, so its end cannot be awaited: return Task" : null
        : ListenerModelBuilder.ReturnOf(method) is null
            ? $"returns {method.ReturnType.ToDisplayString(KnownTypes.ShortName)}: return void, Task or ValueTask"
        : null;

    private static string? AckModeProblem(AttributeData attribute, bool takesAcknowledgment)
    {
        object? mode = attribute.NamedArguments.FirstOrDefault(argument => argument.Key == "AckMode").Value.Value;
        return mode switch
        {
            1 or 2 when takesAcknowledgment => "has an IAcknowledgment parameter but its ack mode commits by itself: omit the ack mode, " +
                "or set Manual or ManualImmediate",
            3 or 4 when !takesAcknowledgment => "has a manual ack mode but no IAcknowledgment parameter, so nothing would ever be " +
                "committed: add the parameter",
            _ => null,
        };
    }
}
