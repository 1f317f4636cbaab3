using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Zurau.Generators;

namespace Client.Tests.Generators;

/// <summary>
/// Signatures that cannot work are compile errors, and the generator leaves them alone.
/// </summary>
public sealed class ListenerAnalyzerTests
{
    [Theory]
    [InlineData("public static void On(string value) { }", "ZU0001", "is static")]
    [InlineData("public void On<T>(T value) { }", "ZU0001", "is generic")]
    [InlineData("private void On(string value) { }", "ZU0001", "cannot be reached")]
    [InlineData("public int On(string value) => 1;", "ZU0002", "returns int")]
    [InlineData("public System.Threading.Tasks.Task<int> On(string value) => null!;", "ZU0002", "returns Task<int>")]
    [InlineData("public async void On(string value) { await System.Threading.Tasks.Task.Yield(); }", "ZU0002", "async void")]
    [InlineData("public void On(ref string value) { }", "ZU0003", "'value'")]
    [InlineData("public void On(System.ReadOnlySpan<byte> value) { }", "ZU0003", "a span")]
    [InlineData("public void On(string value, string other) { }", "ZU0003", "'other'")]
    [InlineData("public void On(string value, int other) { }", "ZU0003", "'other'")]
    [InlineData("public void On(string value, [Header(\"h\")] decimal header) { }", "ZU0003", "'header'")]
    [InlineData("public void On([Payload] string a, [Payload] string b) { }", "ZU0003", "the second with [Payload]")]
    public async Task A_signature_that_cannot_work_is_an_error(string method, string id, string text)
    {
        (ImmutableArray<Diagnostic> diagnostics, string? generated) = await RunAsync($"[KafkaListener(\"t\")] {method}");

        Diagnostic diagnostic = Assert.Single(diagnostics);
        Assert.Equal((id, DiagnosticSeverity.Error), (diagnostic.Id, diagnostic.Severity));
        Assert.Contains(text, diagnostic.GetMessage(), StringComparison.Ordinal);
        Assert.DoesNotContain("ListenerCatalog.Add", generated ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AckMode = AckMode.Record", "string value, IAcknowledgment ack")]
    [InlineData("AckMode = AckMode.Batch", "string value, IAcknowledgment ack")]
    [InlineData("AckMode = AckMode.Manual", "string value")]
    [InlineData("AckMode = AckMode.ManualImmediate", "string value")]
    public async Task An_ack_mode_that_does_not_fit_the_parameters_is_an_error(string setting, string parameters)
    {
        (ImmutableArray<Diagnostic> diagnostics, _) = await RunAsync($"[KafkaListener(\"t\", {setting})] public void On({parameters}) {{ }}");

        Assert.Equal("ZU0004", Assert.Single(diagnostics).Id);
    }

    [Fact]
    public async Task A_good_listener_is_registered_and_its_code_compiles()
    {
        (ImmutableArray<Diagnostic> diagnostics, string? generated) = await RunAsync(
            """
            [KafkaListener("a", "b\"{x}", Id = "i", AckMode = AckMode.Manual, Properties = ["p=1"])]
            public System.Threading.Tasks.ValueTask On([Header("h")] int? n, IAcknowledgment ack, System.Collections.Generic.Dictionary<string, int?> value) => default;
            """);

        Assert.Empty(diagnostics);
        Assert.Contains("builder.AddListener<global::App.Handler>();", generated, StringComparison.Ordinal);
        Assert.Contains("ListenerCatalog.Add(typeof(global::App.Handler)", generated, StringComparison.Ordinal);
    }

    private static async Task<(ImmutableArray<Diagnostic> Diagnostics, string? Generated)> RunAsync(string method)
    {
        string source = $$"""
            #nullable enable
            using Zurau;
            namespace App;
            public class Handler
            {
                {{method}}
            }
            """;
        string trusted = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        CSharpCompilation compilation = CSharpCompilation.Create(
            "app",
            [CSharpSyntaxTree.ParseText(source)],
            trusted.Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));

        GeneratorDriver driver = CSharpGeneratorDriver.Create(new ListenerGenerator())
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out _);
        Assert.DoesNotContain(updated.GetDiagnostics(), diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        string? generated = driver.GetRunResult().GeneratedTrees.SingleOrDefault()?.ToString();

        ImmutableArray<Diagnostic> diagnostics = await compilation.WithAnalyzers([new ListenerAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        return (diagnostics, generated);
    }
}
