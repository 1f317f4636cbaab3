namespace Zurau.Testing.Simulation;

/// <summary>What the checks of the scenario 'transactions' have to notice.</summary>
internal static class TransactionMutants
{
    internal static IReadOnlyList<Mutant> All { get; } =
    [
        new("ignore-epoch-in-end-txn", "The end of a transaction ends whatever is ongoing, whichever epoch it has.")
        {
            NeedsCrash = false,
            Hooks = static process => new IgnoresEpoch(process),
        },
        new("lso-twice", "A fetch looks at the last stable offset once for its list of aborted transactions, and again for its end.")
        {
            NeedsCrash = false,
            Hooks = static process => new ReadsTwice(process),
        },
        new("aborted-entry-late", "The last stable offset passes an aborted transaction before the index has it.")
        {
            NeedsCrash = false,
            Hooks = static process => new PublishesLate(process),
        },
    ];

    private sealed class IgnoresEpoch(SimProcess process) : SimHooks(process)
    {
        internal override bool IgnoresEpochInEndTransaction => true;
    }

    private sealed class ReadsTwice(SimProcess process) : SimHooks(process)
    {
        internal override bool ReadsStableOffsetTwice => true;
    }

    private sealed class PublishesLate(SimProcess process) : SimHooks(process)
    {
        internal override bool PublishesAbortedLate => true;
    }
}
