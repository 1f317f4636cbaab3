using Microsoft.CodeAnalysis;

namespace Zurau.Rules;

/// <summary>A read of a local, or a store into it.</summary>
internal readonly struct LocalEvent(ILocalSymbol local, IOperation? store, bool isCall)
{
    public ILocalSymbol Local { get; } = local;

    /// <summary>Gets the operation that stores; null for a read.</summary>
    public IOperation? Store { get; } = store;

    /// <summary>Gets whether the stored value is the result of an operation that can fail.</summary>
    public bool IsCall { get; } = isCall;
}
