using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Zurau.Rules;

/// <summary>
/// Reports results of operations that no code checks. The only exception is <c>result.IgnoreBecause("reason")</c>, for a failure that changes
/// nothing.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DiscardedResultAnalyzer : DiagnosticAnalyzer
{
    private const string Advice = "; check it, return it or keep it, or call IgnoreBecause with the reason why a failure changes nothing";

    private static readonly DiagnosticDescriptor s_discarded = Rule("ZR0001", "A result is discarded", "The {0} is discarded" + Advice);
    private static readonly DiagnosticDescriptor s_neverRead =
        Rule("ZR0002", "A result is stored and never read", "The {0} that is stored in '{1}' is never read" + Advice);

    private static readonly DiagnosticDescriptor s_noReason =
        Rule("ZR0003", "IgnoreBecause needs a reason", "The reason of IgnoreBecause must be a constant that is not empty");

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [s_discarded, s_neverRead, s_noReason];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterOperationAction(AnalyzeStatement, OperationKind.ExpressionStatement);
        context.RegisterOperationAction(AnalyzeDiscard, OperationKind.Discard);
        context.RegisterOperationAction(AnalyzeReturn, OperationKind.Return);
        context.RegisterOperationAction(AnalyzeReason, OperationKind.Invocation);
        context.RegisterOperationBlockAction(AnalyzeLocals);
        context.RegisterSymbolStartAction(AnalyzeFields, SymbolKind.NamedType);
    }

    private static void AnalyzeStatement(OperationAnalysisContext context)
    {
        IOperation value = ((IExpressionStatementOperation)context.Operation).Operation;
        while (value is IConditionalAccessOperation access)
        {
            value = access.WhenNotNull;
        }

        if (value is not (IAssignmentOperation or IIncrementOrDecrementOperation))
        {
            ReportDiscarded(context, value);
        }
    }

    /// <summary>Reports <c>_ = F()</c>, <c>(_, x) = F()</c>, <c>F(out _)</c>, and <c>_ = F().IsOk</c>, which checks nothing either.</summary>
    private static void AnalyzeDiscard(OperationAnalysisContext context)
    {
        ReportDiscarded(context, context.Operation);
        if (context.Operation.Parent is ISimpleAssignmentOperation { Value: IPropertyReferenceOperation { Instance: { } instance } property }
            && !ResultTypes.Contains(property.Type))
        {
            ReportDiscarded(context, instance);
        }
    }

    /// <summary>Reports a lambda or method that returns a <c>Task&lt;ErrorCode&gt;</c> as a <c>Task</c>, which hides the result.</summary>
    private static void AnalyzeReturn(OperationAnalysisContext context)
    {
        if (((IReturnOperation)context.Operation).ReturnedValue is IConversionOperation { IsImplicit: true, Type.Name: "Task" } conversion
            && !ResultTypes.Contains(conversion.Type))
        {
            ReportDiscarded(context, conversion.Operand);
        }
    }

    private static void AnalyzeReason(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod.Name != "IgnoreBecause" || !ResultTypes.IsOfZurau(call.TargetMethod))
        {
            return;
        }

        foreach (IArgumentOperation argument in call.Arguments)
        {
            if (argument.Parameter?.Type.SpecialType == SpecialType.System_String
                && (argument.Value.ConstantValue is not { HasValue: true, Value: string reason } || string.IsNullOrWhiteSpace(reason)))
            {
                context.ReportDiagnostic(Diagnostic.Create(s_noReason, argument.Syntax.GetLocation()));
            }
        }
    }

    private static void AnalyzeLocals(OperationBlockAnalysisContext context)
    {
        foreach (IOperation block in context.OperationBlocks)
        {
            if (block is not (IBlockOperation or IFieldInitializerOperation or IPropertyInitializerOperation) || !StoredResults.Exist(block))
            {
                continue;
            }

            foreach ((ILocalSymbol local, Location location) in StoredResults.FindUnread(block, context.GetControlFlowGraph(block)))
            {
                context.ReportDiagnostic(Diagnostic.Create(s_neverRead, location, NameOf(local.Type), local.Name));
            }
        }
    }

    private static void AnalyzeFields(SymbolStartAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        var unread = new ConcurrentDictionary<IFieldSymbol, bool>(SymbolEqualityComparer.Default);
        foreach (ISymbol member in type.GetMembers())
        {
            if (member is IFieldSymbol { DeclaredAccessibility: Accessibility.Private, IsImplicitlyDeclared: false, IsConst: false } field
                && ResultTypes.Contains(field.Type))
            {
                unread[field] = true;
            }
        }

        if (unread.IsEmpty)
        {
            return;
        }

        context.RegisterOperationAction(
            operation =>
            {
                var reference = (IFieldReferenceOperation)operation.Operation;
                if (!StoredResults.IsStore(reference))
                {
                    unread.TryRemove(reference.Field.OriginalDefinition, out _);
                }
            },
            OperationKind.FieldReference);
        context.RegisterSymbolEndAction(end =>
        {
            foreach (IFieldSymbol field in unread.Keys)
            {
                end.ReportDiagnostic(Diagnostic.Create(s_neverRead, field.Locations[0], NameOf(field.Type), field.Name));
            }
        });
    }

    private static void ReportDiscarded(OperationAnalysisContext context, IOperation value)
    {
        if (ResultTypes.Contains(value.Type))
        {
            context.ReportDiagnostic(Diagnostic.Create(s_discarded, value.Syntax.GetLocation(), NameOf(value.Type!)));
        }
    }

    private static string NameOf(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    private static DiagnosticDescriptor Rule(string id, string title, string message) =>
        new(id, title, message, "Zurau", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
