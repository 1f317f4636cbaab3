
namespace ProcessTests.Processes;

/// <summary>
/// Every flush that a promise rests on is really asked of the operating system, and in
/// time: read from a trace of system calls.
/// </summary>
public sealed class FlushOrderTests
{
    private const string Log = "steps-0/00000000000000000000.log";

    [TracedFact]
    public void Every_promised_flush_is_issued_before_what_rests_on_it() // W1 W5 W6 W12
    {
        using var directory = new TestDirectory();
        string data = directory.At("data");
        SystemCalls calls = SystemCalls.Of(directory.At("trace"), "flush-steps", data, "--new");

        // acks=all: the data, before the answer; with the first, the names in the folder.
        AssertFlushed(calls.Between("first", "first done"), "fsync", $"{data}/steps-0");
        foreach (string step in (string[])["first", "second"])
        {
            AssertFlushed(calls.Between(step, step + " done"), "fdatasync", $"{data}/{Log}");
        }

        // A new segment's name: the old segment, the new one and the directory, before the
        // first acks=all in it.
        SystemCalls.Call roll = Assert.Single(calls.All, call => call.Name == "rename" && call.Paths()[0].EndsWith(".spare", StringComparison.Ordinal) && call.Path.Contains("/steps-0/", StringComparison.Ordinal));
        Assert.True(roll.End < calls.Mark("rolled done"));
        SystemCalls.Call[] rolled = calls.Between("rolled", "rolled done");
        AssertFlushed(rolled, "fdatasync", $"{data}/{Log}");
        AssertFlushed(rolled, "fdatasync", roll.Path);
        AssertFlushed(rolled.Where(call => call.Begin > roll.End), "fsync", $"{data}/steps-0");

        // A topic: its folder's name before the list that names it, the list before the answer.
        SystemCalls.Call[] create = calls.Between("create", "create done");
        SystemCalls.Call made = Assert.Single(create, static call => call.Name == "mkdir");
        SystemCalls.Call listed = Assert.Single(create, static call => call.Name == "rename" && call.Path.EndsWith("topics.journal", StringComparison.Ordinal));
        AssertFlushed(create.Where(call => call.Begin > made.End && call.End < listed.Begin), "fsync", data);
        AssertFlushed(create.Where(call => call.Begin > listed.End), "fsync", data);

        // DeleteRecords: the new start before the answer.
        AssertFlushed(calls.Between("delete", "delete done"), "fdatasync", $"{data}/topics.journal");

        // A clean close: every log trimmed, then flushed, and the indexes and the folder, all
        // before the marker.
        SystemCalls.Call[] close = calls.Between("close", "close done");
        SystemCalls.Call marker = Assert.Single(close, static call => call.Name == "rename" && call.Path.EndsWith(".kafka_cleanshutdown", StringComparison.Ordinal));
        SystemCalls.Call[] before = [.. close.Where(call => call.End < marker.Begin)];
        SystemCalls.Call[] trims = [.. before.Where(static call => call.Name == "ftruncate" && call.Path.EndsWith(".log", StringComparison.Ordinal))];
        Assert.Contains(trims, trim => trim.Path == roll.Path);
        Assert.All(trims, trim => AssertFlushed(before.Where(call => call.Begin > trim.End), "fdatasync", trim.Path));
        foreach (string index in (string[])[".index", ".timeindex"])
        {
            AssertFlushed(calls.All.Where(call => call.End < marker.Begin), "fdatasync", $"{data}/{Log}".Replace(".log", index, StringComparison.Ordinal));
            AssertFlushed(before, "fdatasync", roll.Path.Replace(".log", index + ".tmp", StringComparison.Ordinal)); // Then renamed.
        }

        AssertFlushed(before, "fsync", $"{data}/steps-0");
        AssertFlushed(close.Where(call => call.Begin > marker.End), "fsync", data);
        AssertReplacedSafely(calls);
    }

    [TracedFact]
    public void The_clean_marker_is_durably_deleted_before_any_log_is_opened_and_a_new_epoch_is_durable_before_appends() // K6 W11
    {
        using var directory = new TestDirectory();
        string data = directory.At("data");
        SystemCalls.Of(directory.At("trace-0"), "flush-steps", data, "--new");

        // Opened after a clean close, and killed.
        SystemCalls clean = SystemCalls.Of(directory.At("trace-1"), "flush-steps", data);
        SystemCalls.Call[] opening = clean.Between("open", "opened");
        SystemCalls.Call taken = Assert.Single(opening, static call => call.Name == "unlink" && call.Path.EndsWith(".kafka_cleanshutdown", StringComparison.Ordinal));
        SystemCalls.Call firstLog = opening.First(static call => call.Name == "openat" && call.Arguments.Contains(".log\"", StringComparison.Ordinal));
        AssertFlushed(opening.Where(call => call.Begin > taken.End && call.End < firstLog.Begin), "fsync", data);

        // Opened after the kill: the new epoch first; and what stood in the page cache is
        // written again before it counts as durable.
        SystemCalls unclean = SystemCalls.Of(directory.At("trace-2"), "flush-steps", data);
        SystemCalls.Call[] recovery = unclean.Between("open", "opened");
        SystemCalls.Call epoch = Assert.Single(recovery, static call => call.Name == "rename" && call.Path.EndsWith("/leader-epoch.checkpoint", StringComparison.Ordinal));
        AssertFlushed(recovery.Where(call => call.Begin > epoch.End), "fsync", data);
        SystemCalls.Call[] append = unclean.Between("again", "again done");
        AssertFlushed(append, "fsync", $"{data}/steps-0"); // Names that the killed process left, and the epoch's beginning in this log.
        SystemCalls.Call rewrite = append.First(static call => call.Name == "pwrite64" && call.Path.EndsWith(".log", StringComparison.Ordinal));
        AssertFlushed(append.Where(call => call.Begin > rewrite.End), "fdatasync", rewrite.Path);
        AssertReplacedSafely(unclean);
    }

    /// <summary>
    /// Every file that is replaced as a whole: written beside, flushed, renamed, and the
    /// directory flushed.
    /// </summary>
    private static void AssertReplacedSafely(SystemCalls calls)
    {
        SystemCalls.Call[] replaced = [.. calls.All.Where(static call => call.Name == "rename" && call.IsOk && call.Paths()[0].EndsWith(".tmp", StringComparison.Ordinal))];
        Assert.NotEmpty(replaced);
        foreach (SystemCalls.Call rename in replaced)
        {
            string temporary = rename.Paths()[0];
            SystemCalls.Call[] earlier = [.. calls.All.Where(call => call.End < rename.Begin)];

            // Written to, or made and left empty, as the index of a small segment is.
            SystemCalls.Call? written = earlier.LastOrDefault(call => call.Name is "pwrite64" or "openat" && call.Paths().Contains(temporary));
            Assert.True(written is not null, $"no write to {temporary} among\n{string.Join('\n', earlier.TakeLast(30).Select(static call => $"{call.Begin} {call.Name}({call.Arguments})"))}");
            AssertFlushed(earlier.Where(call => call.Begin > written.End), "fdatasync", temporary);
            string folder = Path.GetDirectoryName(rename.Path)!;
            AssertFlushed(calls.All.Where(call => call.Begin > rename.End), "fsync", folder);
        }
    }

    private static void AssertFlushed(IEnumerable<SystemCalls.Call> calls, string name, string path)
    {
        SystemCalls.Call[] among = [.. calls];
        Assert.True(
            among.Any(call => call.Name == name && call.IsOk && call.Path == path),
            $"no {name} of {path} among\n{string.Join('\n', among.Select(static call => $"{call.Begin} {call.Name}({call.Arguments})"))}");
    }
}
