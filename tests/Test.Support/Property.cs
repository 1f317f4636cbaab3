using System.Collections.Concurrent;
using System.Globalization;
using CsCheck;

namespace Zurau.Tests;

/// <summary>
/// Runs properties over generated cases. The cases of a run follow from one number,
/// which is fixed unless <c>ZURAU_SEED</c> gives another, so every run has the same
/// cases. CsCheck shrinks the first case that fails and prints a seed;
/// <c>CsCheck_Seed</c> repeats that case alone, and <c>CsCheck_Iter</c> changes the
/// number of cases.
/// </summary>
internal static class Property
{
    private const int FixedSeed = 1;
    private const int ShrinkSeconds = 15; // CsCheck tries random smaller cases until then; only after a failure.
    private const int ParallelThreads = 3;
    private const int ParallelShrinkRuns = 3000;

    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("ZURAU_SEED"), CultureInfo.InvariantCulture, out int given) ? given : FixedSeed;

    /// <summary>
    /// Runs a property for generated values and shrinks the first one for which it throws.
    /// </summary>
    internal static void Holds<T>(this Gen<T> values, Action<T> property, int count = 100, Func<T, string>? print = null)
    {
        if (Check.Seed is not null)
        {
            values.Sample(property, iter: 1, threads: 1, print: print);
        }
        else if (FirstFailure(values, property, count) is { } failure)
        {
            values.Sample(property, seed: failure.Seed, time: ShrinkSeconds, threads: 1, print: print);
            throw new InvalidOperationException($"The case with CsCheck_Seed={failure.Seed} failed once and not again.", failure.Error);
        }
    }

    /// <summary>
    /// Runs a property for lists of operations. A list that fails is shrunk by CsCheck,
    /// then every operation is removed that the failure does not need.
    /// </summary>
    internal static void HoldsForHistories<TSetup, TOperation>(
        Gen<TSetup> setups, Gen<TOperation> operations, int longest, Action<TSetup, List<TOperation>> property, int count = 100)
    {
        (TSetup Setup, List<TOperation> Operations)? failed = null; // The last one is the smallest.
        try
        {
            Histories(setups, operations, longest).Holds(
                history =>
                {
                    if (Record.Exception(() => property(history.Setup, history.Operations)) is { } error)
                    {
                        failed = history;
                        throw new InvalidOperationException(error.Message, error);
                    }
                },
                count,
                Text);
        }
        catch (Exception failure) when (failed is { } smallest)
        {
            List<TOperation> left = WithoutNeedless(smallest.Setup, smallest.Operations, property);
            Exception? error = Record.Exception(() => property(smallest.Setup, left));
            Assert.Fail($"{left.Count} operations, {smallest.Operations.Count} before the removal of needless ones:\n{Text((smallest.Setup, left))}\n\n{error}\n\n{failure.Message}");
        }
    }

    /// <inheritdoc cref="HoldsForHistories{TSetup, TOperation}"/>
    internal static void HoldsForHistories<TOperation>(Gen<TOperation> operations, int longest, Action<List<TOperation>> property, int count = 100) =>
        HoldsForHistories(Gen.Const(0), operations, longest, (_, history) => property(history), count);

    /// <summary>
    /// Runs a property that draws its choices from a seed, for seeds that follow each
    /// other; <c>ZURAU_SEED</c> gives the first.
    /// </summary>
    internal static void HoldsForSeeds(int count, Action<int> property)
    {
        Print();
        int first = Seed;
        for (int seed = first; seed < first + CountOr(count); seed++)
        {
            int drawn = seed;
            if (Record.Exception(() => property(drawn)) is { } error)
            {
                throw new InvalidOperationException($"ZURAU_SEED={seed} repeats it: {error.Message}", error);
            }
        }
    }

    /// <summary>
    /// Runs operations on threads and checks that what they answered is what some sequence
    /// of them answers on the model. The case of a run is always the same, the interleaving
    /// of its threads is the machine's.
    /// </summary>
    internal static void IsLinearizable<TActual, TModel>(
        Func<(TActual Actual, TModel Model)> start, GenOperation<TActual, TModel>[] operations, Func<TActual, TModel, bool> equal, int count = 100)
        where TActual : IDisposable
    {
        var started = new ConcurrentBag<TActual>();
        Gen<(TActual, TModel)> starts = Gen.Const(() =>
        {
            (TActual Actual, TModel Model) made = start();
            started.Add(made.Actual);
            return made;
        });
        Print();
        try
        {
            for (int i = 0; i < (Check.Seed is null ? CountOr(count) : 1); i++)
            {
                string seed = Check.Seed ?? Case(i).ToString();
                try
                {
                    Sample(seed, runs: 1);
                }
                catch (CsCheckException)
                {
                    Sample(seed, ParallelShrinkRuns);
                    throw; // It was not seen again, so it is shown as it was.
                }

                DisposeAll();
            }
        }
        finally
        {
            DisposeAll();
        }

        void Sample(string seed, int runs) =>
            starts.SampleParallel(operations, equal, seed, iter: runs, threads: ParallelThreads, replay: 1, printActual: static actual => $"{actual}", printModel: static model => $"{model}");

        void DisposeAll()
        {
            while (started.TryTake(out TActual? actual))
            {
                actual.Dispose();
            }
        }
    }

    private static Gen<(TSetup Setup, List<TOperation> Operations)> Histories<TSetup, TOperation>(Gen<TSetup> setups, Gen<TOperation> operations, int longest) =>
        Gen.Select(setups, operations.List[1, longest]);

    private static string Text<TSetup, TOperation>((TSetup Setup, List<TOperation> Operations) history) => $"{history.Setup}\n{string.Join('\n', history.Operations)}";

    private static (string Seed, Exception Error)? FirstFailure<T>(Gen<T> values, Action<T> property, int count)
    {
        Print();
        for (int i = 0; i < CountOr(count); i++)
        {
            PCG random = Case(i);
            string seed = random.ToString();
            T value = values.Generate(random, null, out _);
            if (Record.Exception(() => property(value)) is { } error)
            {
                return (seed, error);
            }
        }

        return null;
    }

    private static PCG Case(int number) => new((uint)number, (ulong)(uint)Seed);

    private static int CountOr(int count) => Environment.GetEnvironmentVariable("CsCheck_Iter") is null ? count : (int)Check.Iter;

    private static void Print() => TestContext.Current.TestOutputHelper?.WriteLine(Check.Seed is null ? $"ZURAU_SEED={Seed}" : $"CsCheck_Seed={Check.Seed}");

    // First halves, then quarters, at last single operations; once more as long as some were removed.
    private static List<TOperation> WithoutNeedless<TSetup, TOperation>(TSetup setup, List<TOperation> operations, Action<TSetup, List<TOperation>> property)
    {
        int before;
        do
        {
            before = operations.Count;
            for (int size = Math.Max(1, operations.Count / 2); size > 0; size /= 2)
            {
                for (int start = 0; start + size <= operations.Count;)
                {
                    List<TOperation> fewer = [.. operations[..start], .. operations[(start + size)..]];
                    if (Record.Exception(() => property(setup, fewer)) is null)
                    {
                        start += size;
                    }
                    else
                    {
                        operations = fewer;
                    }
                }
            }
        }
        while (operations.Count < before);

        return operations;
    }
}
