using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Zurau.Generators;

/// <summary>Reports listener methods that the startup rejects.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ListenerAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => ListenerRules.All;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Analyze, SymbolKind.Method);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var method = (IMethodSymbol)context.Symbol;
        if (KnownTypes.Find(method, KnownTypes.ListenerAttribute) is not { } attribute)
        {
            return;
        }

        foreach (Diagnostic diagnostic in ListenerRules.Check(method, attribute, context.CancellationToken))
        {
            context.ReportDiagnostic(diagnostic);
        }
    }
}
