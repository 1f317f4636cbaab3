using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Zurau.Rules;

/// <summary>Finds locals whose result is overwritten, or whose scope ends, before it is read.</summary>
internal static class StoredResults
{
    /// <summary>Returns true if the code uses a local that holds a result.</summary>
    public static bool Exist(IOperation block) => block.Descendants().Any(static operation => operation switch
    {
        ILocalReferenceOperation reference => ResultTypes.Contains(reference.Type),
        IVariableDeclaratorOperation declarator => ResultTypes.Contains(declarator.Symbol.Type),
        _ => false,
    });

    /// <summary>Returns the stores that no path reads.</summary>
    public static IEnumerable<(ILocalSymbol Local, Location Location)> FindUnread(IOperation block, ControlFlowGraph graph)
    {
        var shared = new HashSet<ILocalSymbol>(SymbolEqualityComparer.Default); // Used by a lambda or by reference: the order of the uses is unknown.
        var read = new HashSet<ILocalSymbol>(SymbolEqualityComparer.Default);
        foreach (ILocalReferenceOperation reference in block.Descendants().OfType<ILocalReferenceOperation>())
        {
            if (ResultTypes.Contains(reference.Type))
            {
                if (IsShared(reference))
                {
                    shared.Add(reference.Local);
                }

                if (!IsStore(reference))
                {
                    read.Add(reference.Local);
                }
            }
        }

        var found = new List<(ILocalSymbol, Location)>();
        foreach (ILocalSymbol local in shared.Where(local => !read.Contains(local)))
        {
            found.Add((local, local.Locations[0]));
        }

        FindUnread(graph, shared, found);
        return found;
    }

    /// <summary>Returns true if a reference to a local or field only writes it.</summary>
    public static bool IsStore(IOperation reference)
    {
        IOperation target = reference;
        while (target.Parent is IDeclarationExpressionOperation or ITupleOperation)
        {
            target = target.Parent;
        }

        return target.Parent switch
        {
            IAssignmentOperation { Parent: IExpressionStatementOperation } assignment => assignment.Target == target,
            IArgumentOperation { Parameter.RefKind: RefKind.Out } => true,
            _ => false,
        };
    }

    private static bool IsShared(ILocalReferenceOperation reference)
    {
        if (reference.Local.IsRef || reference.Parent is IArgumentOperation { Parameter.RefKind: RefKind.Ref } or IAddressOfOperation)
        {
            return true;
        }

        for (IOperation? operation = reference.Parent; operation is not null; operation = operation.Parent)
        {
            IMethodSymbol? function = operation switch
            {
                IAnonymousFunctionOperation lambda => lambda.Symbol,
                ILocalFunctionOperation local => local.Symbol,
                _ => null,
            };
            if (function is not null)
            {
                return !SymbolEqualityComparer.Default.Equals(function, reference.Local.ContainingSymbol);
            }
        }

        return false;
    }

    private static void FindUnread(ControlFlowGraph graph, HashSet<ILocalSymbol> shared, List<(ILocalSymbol, Location)> found)
    {
        var events = new LocalEvents(graph, shared);
        foreach ((ILocalSymbol local, IOperation store) in new Liveness(graph, events).FindUnread())
        {
            found.Add((local, store.Syntax.GetLocation()));
        }

        foreach (IMethodSymbol function in graph.LocalFunctions)
        {
            FindUnread(graph.GetLocalFunctionControlFlowGraph(function), shared, found);
        }

        foreach (IFlowAnonymousFunctionOperation lambda in events.Lambdas)
        {
            FindUnread(graph.GetAnonymousFunctionControlFlowGraph(lambda), shared, found);
        }
    }
}
