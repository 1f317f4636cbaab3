using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using Zurau.Harness.Bench.Micro;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Runs BenchmarkDotNet for the small parts in isolation; its results become rows.
/// </summary>
internal static class MicroSuite
{
    private const int IterationMs = 50;
    private const string PeerSuffix = "Peer";

    internal static Suite Make() => new("micro", "BenchmarkDotNet: checksum, varints, batches, codecs, append, index lookup, murmur2, handler invocation",
    [
        new("records", static context => Run<RecordBenchmarks>(context)) { ExpectedDuration = new(0) { OnceSeconds = 15 } },
        new("codecs", static context => Run<CodecBenchmarks>(context)) { ExpectedDuration = new(0) { OnceSeconds = 15 } },
        new("log", static context => Run<LogBenchmarks>(context)) { ExpectedDuration = new(0) { OnceSeconds = 5 } },
        new("assignors", static context => context.IsAvailable(false, "micro: assignors", "requires groups of several members")) { ExpectedDuration = new(0) },
        new("listener", static context => Run<ListenerBenchmarks>(context)) { ExpectedDuration = new(0) { OnceSeconds = 5 } },
    ]);

    private static void Run<T>(BenchContext context)
    {
        string artifacts = context.NewDirectory();
        Job job = context.Scale.HasWarmUp
            ? Job.Default.WithWarmupCount(3).WithIterationCount(context.Scale.Runs).WithIterationTime(TimeInterval.FromMilliseconds(IterationMs))
            : Job.Dry;
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(artifacts)
            .WithOptions(ConfigOptions.DisableOptimizationsValidator | ConfigOptions.DisableLogFile);
        Summary summary = BenchmarkRunner.Run<T>(config);
        foreach (BenchmarkReport report in summary.Reports.Where(static report => !Name(report).EndsWith(PeerSuffix, StringComparison.Ordinal)))
        {
            Add(context, report, summary.Reports.FirstOrDefault(peer => Name(peer) == Name(report) + PeerSuffix));
        }
    }

    private static string Name(BenchmarkReport report) => report.BenchmarkCase.Descriptor.WorkloadMethod.Name;

    private static string Description(BenchmarkReport report) => report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');

    /// <summary>
    /// Creates the peer of a benchmark: its method has the same name plus
    /// <see cref="PeerSuffix"/>, and its description is the name of the library.
    /// </summary>
    private static Peer PeerOf(Samples ours, BenchmarkReport peer)
    {
        var samples = new Samples(peer.ResultStatistics?.OriginalValues ?? throw new InvalidOperationException($"BenchmarkDotNet could not run {peer.BenchmarkCase.DisplayInfo}."));
        return new Peer(Description(peer), "the same work in BenchmarkDotNet", samples.Median, samples.Min, samples.Max, samples.Values.Count, ours.RatioTo(samples));
    }

    private static void Add(BenchContext context, BenchmarkReport report, BenchmarkReport? peer)
    {
        if (!report.Success || report.ResultStatistics is null)
        {
            throw new InvalidOperationException($"BenchmarkDotNet could not run {report.BenchmarkCase.DisplayInfo}.");
        }

        string parameters = string.Join('.', report.BenchmarkCase.Parameters.Items.Select(static item => $"{item.Value}".ToLowerInvariant()));
        string method = Name(report);
        var samples = new Samples(report.ResultStatistics.OriginalValues);
        string id = $"micro.{string.Join('.', new[] { char.ToLowerInvariant(method[0]) + method[1..], parameters }.Where(static part => part.Length > 0))}";
        string what = Description(report) + (parameters.Length > 0 ? $", {parameters}" : "");
        context.Add(Row.Of(id, what, "ns", samples, $"BenchmarkDotNet {typeof(BenchmarkRunner).Assembly.GetName().Version?.ToString(3)}, in process, {samples.Values.Count} iterations of {IterationMs} ms") with
        {
            Peers = peer is null ? [] : [PeerOf(samples, peer)],
            Cost = new Cost(
                Cost.Micro,
                report.GcStats.Gen0Collections,
                report.GcStats.Gen1Collections,
                report.GcStats.Gen2Collections,
                report.GcStats.GetTotalAllocatedBytes(excludeAllocationQuantumSideEffects: false) ?? 0,
                null,
                null,
                null),
            AllocatedBytesPerRecord = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase),
        });
    }
}
