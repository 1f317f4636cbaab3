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

/// <summary>BenchmarkDotNet over the small parts, each by itself; its results become rows like all others.</summary>
internal static class MicroSuite
{
    private const int IterationMs = 50;

    internal static Suite Make() => new("micro", "BenchmarkDotNet: checksum, varints, batches, codecs, append, index lookup, murmur2, handler invocation",
    [
        new("records", static context => Run<RecordBenchmarks>(context)) { Takes = new(0) { OnceSeconds = 15 } },
        new("codecs", static context => Run<CodecBenchmarks>(context)) { Takes = new(0) { OnceSeconds = 15 } },
        new("log", static context => Run<LogBenchmarks>(context)) { Takes = new(0) { OnceSeconds = 5 } },
        new("assignors", static context => context.IsThere(false, "micro: assignors", "they come with groups of several members")) { Takes = new(0) },
        new("listener", static context => Run<ListenerBenchmarks>(context)) { Takes = new(0) { OnceSeconds = 5 } },
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
        foreach (BenchmarkReport report in summary.Reports)
        {
            Add(context, report);
        }
    }

    private static void Add(BenchContext context, BenchmarkReport report)
    {
        if (!report.Success || report.ResultStatistics is null)
        {
            throw new InvalidOperationException($"BenchmarkDotNet could not run {report.BenchmarkCase.DisplayInfo}.");
        }

        string parameters = string.Join('.', report.BenchmarkCase.Parameters.Items.Select(static item => $"{item.Value}".ToLowerInvariant()));
        string method = report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
        var samples = new Samples(report.ResultStatistics.OriginalValues);
        string id = $"micro.{string.Join('.', new[] { char.ToLowerInvariant(method[0]) + method[1..], parameters }.Where(static part => part.Length > 0))}";
        string what = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'') + (parameters.Length > 0 ? $", {parameters}" : "");
        context.Add(Row.Of(id, what, "ns", samples, $"BenchmarkDotNet {typeof(BenchmarkRunner).Assembly.GetName().Version?.ToString(3)}, in process, {samples.Values.Count} iterations of {IterationMs} ms") with
        {
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
