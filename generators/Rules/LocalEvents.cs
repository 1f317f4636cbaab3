using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Zurau.Rules;

/// <summary>Lists the reads and stores of results in locals, per block, in evaluation order.</summary>
internal sealed class LocalEvents
{
    private readonly HashSet<ILocalSymbol> _shared;

    /// <summary>The targets of assignments that a branch writes through a flow capture.</summary>
    private readonly Dictionary<CaptureId, ILocalSymbol> _targets = [];

    public LocalEvents(ControlFlowGraph graph, HashSet<ILocalSymbol> shared)
    {
        _shared = shared;
        var assigned = new HashSet<CaptureId>();
        IOperation[] all = [.. graph.Blocks.SelectMany(Roots).SelectMany(static root => root.DescendantsAndSelf())];
        foreach (IOperation operation in all)
        {
            if (operation is ISimpleAssignmentOperation { Target: IFlowCaptureReferenceOperation reference })
            {
                assigned.Add(reference.Id);
            }
        }

        foreach (IOperation operation in all)
        {
            if (operation is IFlowCaptureOperation { Value: ILocalReferenceOperation target } capture && assigned.Contains(capture.Id))
            {
                _targets[capture.Id] = target.Local;
            }
        }

        Lambdas = [.. all.OfType<IFlowAnonymousFunctionOperation>()];
        Blocks = [.. graph.Blocks.Select(block =>
        {
            var events = new List<LocalEvent>();
            foreach (IOperation root in Roots(block))
            {
                Visit(root, events);
            }

            return events;
        })];
    }

    /// <summary>Gets the events of each block, by its ordinal.</summary>
    public List<LocalEvent>[] Blocks { get; }

    /// <summary>Gets the lambdas of the graph; each has its own graph.</summary>
    public IFlowAnonymousFunctionOperation[] Lambdas { get; }

    private static IEnumerable<IOperation> Roots(BasicBlock block) =>
        block.BranchValue is null ? block.Operations : [.. block.Operations, block.BranchValue];

    private void Visit(IOperation operation, List<LocalEvent> events)
    {
        switch (operation)
        {
            case ILocalReferenceOperation reference:
                Add(events, reference.Local, store: null);
                return;
            case IFlowCaptureOperation capture when _targets.ContainsKey(capture.Id):
                return;
            case ISimpleAssignmentOperation { IsRef: false, Target: ILocalReferenceOperation target } assignment:
                Visit(assignment.Value, events);
                Add(events, target.Local, assignment, IsStatement(assignment) && IsCall(assignment.Value));
                return;
            case ISimpleAssignmentOperation { Target: IFlowCaptureReferenceOperation target } assignment when _targets.TryGetValue(target.Id, out ILocalSymbol local):
                Visit(assignment.Value, events);
                Add(events, local, assignment, IsStatement(assignment));
                return;
            case IDeconstructionAssignmentOperation { Target: var targets } assignment:
                Visit(assignment.Value, events);
                VisitTargets(targets, events);
                return;
        }

        var outputs = new List<IOperation>();
        foreach (IOperation child in operation.ChildOperations)
        {
            if (child is IArgumentOperation { Parameter.RefKind: RefKind.Out } argument && LocalOf(argument.Value) is not null)
            {
                outputs.Add(argument.Value);
            }
            else
            {
                Visit(child, events);
            }
        }

        foreach (IOperation output in outputs)
        {
            Add(events, LocalOf(output)!, output, isCall: true);
        }
    }

    private void VisitTargets(IOperation target, List<LocalEvent> events)
    {
        if (LocalOf(target) is { } local)
        {
            Add(events, local, target, isCall: true);
        }
        else if (target is ITupleOperation or IDeclarationExpressionOperation)
        {
            foreach (IOperation child in target.ChildOperations)
            {
                VisitTargets(child, events);
            }
        }
        else
        {
            Visit(target, events);
        }
    }

    private void Add(List<LocalEvent> events, ILocalSymbol local, IOperation? store, bool isCall = false)
    {
        if (ResultTypes.Contains(local.Type) && !_shared.Contains(local))
        {
            events.Add(new LocalEvent(local, store, isCall));
        }
    }

    private static ILocalSymbol? LocalOf(IOperation operation) => operation switch
    {
        ILocalReferenceOperation reference => reference.Local,
        IDeclarationExpressionOperation { Expression: ILocalReferenceOperation reference } => reference.Local,
        _ => null,
    };

    /// <summary>Returns false for an assignment whose value is used, as in <c>if ((result = F()).IsOk)</c>.</summary>
    private static bool IsStatement(ISimpleAssignmentOperation assignment) => assignment.Parent is null or IExpressionStatementOperation;

    /// <summary>Returns false for initial values, such as <c>ErrorCode.None</c>: they contain no result that could be missed.</summary>
    private static bool IsCall(IOperation value)
    {
        while (value is IConversionOperation conversion)
        {
            value = conversion.Operand;
        }

        return !value.ConstantValue.HasValue
            && value is not (IDefaultValueOperation or ILocalReferenceOperation or IParameterReferenceOperation or IObjectCreationOperation
                or IMemberReferenceOperation { Instance: null });
    }
}
