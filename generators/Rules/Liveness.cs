using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;

namespace Zurau.Rules;

/// <summary>
/// Computes backwards which locals a later read may use. An exception is considered possible at every point of a try block, so that a store
/// which only a handler reads is not reported.
/// </summary>
internal sealed class Liveness
{
    private readonly ControlFlowGraph _graph;
    private readonly LocalEvents _events;
    private readonly HashSet<ILocalSymbol>[] _atEntry;
    private readonly HashSet<int>[] _next;
    private readonly HashSet<int>[] _handlers;

    public Liveness(ControlFlowGraph graph, LocalEvents events)
    {
        _graph = graph;
        _events = events;
        _atEntry = [.. graph.Blocks.Select(static _ => new HashSet<ILocalSymbol>(SymbolEqualityComparer.Default))];
        _next = [.. graph.Blocks.Select(static _ => new HashSet<int>())];
        _handlers = [.. graph.Blocks.Select(HandlersOf)];
        foreach (BasicBlock block in graph.Blocks)
        {
            AddBranch(block, block.FallThroughSuccessor);
            AddBranch(block, block.ConditionalSuccessor);
        }
    }

    public IEnumerable<(ILocalSymbol Local, IOperation Store)> FindUnread()
    {
        // The sets only grow, so the loop ends with the first pass that adds nothing.
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int i = _graph.Blocks.Length - 1; i >= 0; i--)
            {
                HashSet<ILocalSymbol> live = Walk(i, unread: null);
                int before = _atEntry[i].Count;
                _atEntry[i].UnionWith(live);
                changed |= _atEntry[i].Count > before;
            }
        }

        var unread = new List<(ILocalSymbol, IOperation)>();
        foreach (BasicBlock block in _graph.Blocks.Where(static block => block.IsReachable))
        {
            Walk(block.Ordinal, unread);
        }

        return unread;
    }

    private HashSet<ILocalSymbol> Walk(int block, List<(ILocalSymbol, IOperation)>? unread)
    {
        var live = new HashSet<ILocalSymbol>(_next[block].SelectMany(next => _atEntry[next]), SymbolEqualityComparer.Default);
        var caught = new HashSet<ILocalSymbol>(_handlers[block].SelectMany(handler => _atEntry[handler]), SymbolEqualityComparer.Default);
        List<LocalEvent> events = _events.Blocks[block];
        for (int i = events.Count - 1; i >= 0; i--)
        {
            LocalEvent current = events[i];
            if (current.Store is null)
            {
                live.Add(current.Local);
                continue;
            }

            if (!live.Remove(current.Local) && !caught.Contains(current.Local) && current.IsCall)
            {
                unread?.Add((current.Local, current.Store));
            }
        }

        live.UnionWith(caught);
        return live;
    }

    private void AddBranch(BasicBlock block, ControlFlowBranch? branch)
    {
        if (branch?.Destination is not { } destination)
        {
            return;
        }

        _next[block.Ordinal].Add(destination.Ordinal);
        foreach (ControlFlowRegion region in branch.FinallyRegions)
        {
            _next[block.Ordinal].Add(region.FirstBlockOrdinal);
            _next[region.LastBlockOrdinal].Add(destination.Ordinal);
        }
    }

    private static HashSet<int> HandlersOf(BasicBlock block)
    {
        var handlers = new HashSet<int>();

        // The regions above the root of a lambda's graph belong to the code around it.
        for (ControlFlowRegion? region = block.EnclosingRegion; region is not null and not { Kind: ControlFlowRegionKind.Root }; region = region.EnclosingRegion)
        {
            if (region is { Kind: ControlFlowRegionKind.Try, EnclosingRegion: { } both })
            {
                handlers.UnionWith(both.NestedRegions.Where(nested => nested != region).Select(static nested => nested.FirstBlockOrdinal));
            }
        }

        return handlers;
    }
}
