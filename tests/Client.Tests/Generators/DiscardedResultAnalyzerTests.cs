using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Zurau.Rules;

namespace Client.Tests.Generators;

/// <summary>A result that no code checks fails the build of engine and client.</summary>
public sealed class DiscardedResultAnalyzerTests
{
    [Theory]
    [InlineData("Delete();", "Delete()")]
    [InlineData("Check();", "Check()")]
    [InlineData("Append();", "Append()")]
    [InlineData("All();", "All()")]
    [InlineData("ByName();", "ByName()")]
    [InlineData("Pair();", "Pair()")]
    [InlineData("other?.Delete();", ".Delete()")]
    [InlineData("await DeleteAsync();", "await DeleteAsync()")]
    [InlineData("await DeleteAsync().ConfigureAwait(false);", "await DeleteAsync().ConfigureAwait(false)")]
    [InlineData("CheckAsync();", "CheckAsync()")]
    [InlineData("System.Threading.Tasks.Task.Run(() => Delete());", "System.Threading.Tasks.Task.Run(() => Delete())")]
    [InlineData("System.Action later = () => Delete(); later();", "Delete()")]
    [InlineData("void Local() => Delete(); Local();", "Delete()")]
    [InlineData("for (int i = 0; i < 3; Delete()) { i++; }", "Delete()")]
    [InlineData("System.Func<System.Threading.Tasks.Task> later = () => CheckAsync(); await later();", "CheckAsync()")]
    [InlineData("_ = Delete();", "_")]
    [InlineData("_ = Check();", "_")]
    [InlineData("_ = DeleteAsync();", "_")]
    [InlineData("_ = Append().Error;", "_")]
    [InlineData("_ = Delete().IsOk;", "Delete()")]
    [InlineData("(_, int n) = Pair(); Use(n);", "_")]
    [InlineData("var (_, n) = Pair(); Use(n);", "_")]
    [InlineData("TryDelete(out _);", "_")]
    public async Task A_discarded_result_is_an_error(string code, string where)
    {
        Diagnostic diagnostic = Assert.Single(await RunAsync(code));

        Assert.Equal(("ZR0001", DiagnosticSeverity.Error, where), (diagnostic.Id, diagnostic.Severity, TextOf(diagnostic)));
    }

    [Theory]
    [InlineData("IoResult a = Delete();", "a = Delete()")]
    [InlineData("ErrorCode a; a = Check();", "a = Check()")]
    [InlineData("IoResult a = await DeleteAsync();", "a = await DeleteAsync()")]
    [InlineData("AppendResult? a = other?.Append();", "a = other?.Append()")]
    [InlineData("IoResult a = Delete(); a = Delete(); a.ThrowIfFailed();", "a = Delete()")]
    [InlineData("IoResult a = Delete(); a.ThrowIfFailed(); a = Delete();", "a = Delete()")]
    [InlineData("IoResult a = Delete(); if (flag) { a = IoResult.Ok; } else { a = IoResult.Ok; } a.ThrowIfFailed();", "a = Delete()")]
    [InlineData("IoResult a = IoResult.Ok; while (flag) { a = Delete(); a = Delete(); } a.ThrowIfFailed();", "a = Delete()")]
    [InlineData("IoResult a = flag ? Delete() : IoResult.Ok;", "a = flag ? Delete() : IoResult.Ok")]
    [InlineData("TryDelete(out IoResult a);", "IoResult a")]
    [InlineData("(ErrorCode a, int n) = Pair(); Use(n);", "ErrorCode a")]
    [InlineData("System.Action later = () => { IoResult a = Delete(); }; later();", "a = Delete()")]
    [InlineData("void Local() { IoResult a = Delete(); } Local();", "a = Delete()")]
    [InlineData("IoResult a; System.Action later = () => a = Delete(); later();", "a")]
    [InlineData("try { IoResult a = Delete(); } finally { Use(1); }", "a = Delete()")]
    public async Task A_result_that_is_stored_and_never_read_is_an_error(string code, string where)
    {
        Diagnostic diagnostic = Assert.Single(await RunAsync(code));

        Assert.Equal(("ZR0002", DiagnosticSeverity.Error, where), (diagnostic.Id, diagnostic.Severity, TextOf(diagnostic)));
        Assert.Contains("'a'", diagnostic.GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_field_that_is_written_and_never_read_is_an_error()
    {
        Diagnostic diagnostic = Assert.Single(await RunAsync("_last = Delete();", members: "private IoResult _last;"));

        Assert.Equal(("ZR0002", "_last"), (diagnostic.Id, TextOf(diagnostic)));
    }

    [Theory]
    [InlineData("Delete().IgnoreBecause(\"\");", "\"\"")]
    [InlineData("Delete().IgnoreBecause(\"  \");", "\"  \"")]
    [InlineData("Delete().IgnoreBecause(other.ToString());", "other.ToString()")]
    public async Task Ignoring_without_a_reason_is_an_error(string code, string where)
    {
        Diagnostic diagnostic = Assert.Single(await RunAsync(code));

        Assert.Equal(("ZR0003", DiagnosticSeverity.Error, where), (diagnostic.Id, diagnostic.Severity, TextOf(diagnostic)));
    }

    [Theory]
    [InlineData("Delete().ThrowIfFailed();")]
    [InlineData("Delete().IgnoreBecause(\"the next start deletes it\");")]
    [InlineData("CheckAsync().IgnoreBecause(\"the session times out\");")]
    [InlineData("if (!Delete().IsOk) { Use(1); }")]
    [InlineData("if (Check() != ErrorCode.None) { Use(1); }")]
    [InlineData("switch (Check()) { case ErrorCode.None: break; default: Use(1); break; }")]
    [InlineData("IoResult a = Delete(); a.ThrowIfFailed();")]
    [InlineData("IoResult a; if ((a = Delete()).IsOk) { Use(1); }")]
    [InlineData("ErrorCode a = ErrorCode.None; if (flag) { a = Check(); } Use((int)a);")]
    [InlineData("IoResult a = Delete(); while (flag) { a.ThrowIfFailed(); a = Delete(); }")]
    [InlineData("IoResult a = flag ? Delete() : IoResult.Ok; a.ThrowIfFailed();")]
    [InlineData("IoResult? a = null; a ??= Delete(); Use(a.Value.GetHashCode());")]
    [InlineData("IoResult a = IoResult.Ok; try { a = Delete(); Use(1); a = Delete(); } catch (System.Exception) { Use(2); } a.ThrowIfFailed();")]
    [InlineData("IoResult a = IoResult.Ok; try { a = Delete(); } finally { a.ThrowIfFailed(); }")]
    [InlineData("IoResult a = IoResult.Ok; try { a = Delete(); if (flag) { return; } } finally { Use(1); } a.ThrowIfFailed();")]
    [InlineData("IoResult a = IoResult.Ok; System.Action later = () => a = Delete(); later(); a.ThrowIfFailed();")]
    [InlineData("TryDelete(out IoResult a); a.ThrowIfFailed();")]
    [InlineData("if (TryDelete(out IoResult a)) { Use(1); } else { a.ThrowIfFailed(); }")]
    [InlineData("(ErrorCode a, _) = Pair(); Use((int)a);")]
    [InlineData("var all = new System.Collections.Generic.List<ErrorCode>(); all.Add(Check()); Use(all.Count);")]
    [InlineData("try { System.Func<IoResult> later = () => { IoResult a = Delete(); return a; }; later().ThrowIfFailed(); } finally { Use(1); }")]
    [InlineData("foreach (int n in new[] { 1 }) { IoResult a = Delete(); if (a.IsOk) { continue; } Use(a.Errno + n); }")]
    [InlineData("System.Func<IoResult> later = () => Delete(); later().ThrowIfFailed();")]
    [InlineData("System.Func<System.Threading.Tasks.ValueTask<IoResult>> later = () => DeleteAsync(); (await later()).ThrowIfFailed();")]
    [InlineData("_kept = Delete(); Use(_kept.GetHashCode());")]
    [InlineData("Use(1); _ = Number(); Number();")]
    [InlineData("Other.Delete(); _ = Other.Delete();")]
    public async Task A_result_that_is_checked_or_ignored_with_a_reason_is_allowed(string code)
    {
        Assert.Empty(await RunAsync(code, members: code.Contains("_kept", StringComparison.Ordinal) ? "private IoResult _kept;" : ""));
    }

    private static string TextOf(Diagnostic diagnostic) =>
        diagnostic.Location.SourceTree!.GetText().ToString(diagnostic.Location.SourceSpan);

    private static async Task<ImmutableArray<Diagnostic>> RunAsync(string code, string members = "")
    {
        string source = $$"""
            #nullable enable
            namespace Zurau.Engine.Storage
            {
                using System.Threading.Tasks;

                public enum ErrorCode { None, Other }
                public readonly record struct IoResult(int Errno)
                {
                    public static IoResult Ok => default;
                    public bool IsOk => Errno == 0;
                    public void ThrowIfFailed() { }
                }
                public readonly record struct AppendResult(ErrorCode Error);
                public static class Ignoring { public static void IgnoreBecause<T>(this T result, string reason) { } }

                public class Specimen
                {
                    {{members}}
                    public async Task RunAsync(Specimen? other, bool flag)
                    {
                        await Task.Yield();
                        {{code}}
                    }

                    public IoResult Delete() => default;
                    public ErrorCode Check() => default;
                    public AppendResult Append() => default;
                    public ErrorCode[] All() => [];
                    public System.Collections.Generic.Dictionary<string, ErrorCode> ByName() => [];
                    public (ErrorCode Error, int Count) Pair() => default;
                    public bool TryDelete(out IoResult result) { result = default; return true; }
                    public async ValueTask<IoResult> DeleteAsync() { await Task.Yield(); return default; }
                    public async Task<ErrorCode?> CheckAsync() { await Task.Yield(); return default; }
                    public int Number() => 1;
                    public void Use(int number) { }
                }
            }

            namespace Elsewhere { public readonly record struct OtherResult(int Errno); }
            public static class Other { public static Elsewhere.OtherResult Delete() => default; }
            """;
        string trusted = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        CSharpCompilation compilation = CSharpCompilation.Create(
            "app",
            [CSharpSyntaxTree.ParseText(source)],
            trusted.Split(Path.PathSeparator).Where(static path => Path.GetFileName(path).StartsWith("System", StringComparison.Ordinal)).Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        Assert.DoesNotContain(compilation.GetDiagnostics(), static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);

        return await compilation.WithAnalyzers([new DiscardedResultAnalyzer()]).GetAnalyzerDiagnosticsAsync();
    }
}
