using System.Diagnostics;
using System.IO.Compression;

namespace ProcessTests.Packages;

/// <summary>
/// Packs what was built with these tests and uses it as a stranger would: from a
/// folder, in a project of its own elsewhere.
/// </summary>
public sealed class PackagesTests
{
    private const string Version = "0.1.0-test";

    private static readonly (string Project, string Package)[] s_packages =
    [
        ("engine/Zurau.Engine.csproj", "Zurau.Engine"),
        ("client/Zurau.csproj", "Zurau"),
        ("testkit/Zurau.Testing.csproj", "Zurau.Testing"),
    ];

    [Fact]
    public async Task A_fresh_project_outside_the_repository_runs_a_listener_from_the_packages_alone()
    {
        using var directory = new TestDirectory();
        string feed = directory.At("feed");
        foreach ((string project, _) in s_packages)
        {
            await DotnetAsync(directory.Path, "pack", Path.Combine(Repository.Root, project), "--no-build", "--no-restore", "-c", BuiltProgram.Configuration, "-o", feed, $"-p:Version={Version}", "-nodeReuse:false");
        }

        foreach ((_, string package) in s_packages)
        {
            AssertWhole(feed, package);
        }

        string consumer = directory.At("consumer");
        WriteConsumer(consumer, feed, directory.At("packages"));
        string said = await DotnetAsync(consumer, "run", "--project", consumer);

        Assert.Contains("handled: one, two, three", said, StringComparison.Ordinal);
    }

    private static void AssertWhole(string feed, string package)
    {
        using ZipArchive zip = ZipFile.OpenRead(Path.Combine(feed, $"{package}.{Version}.nupkg"));
        string[] names = [.. zip.Entries.Select(static entry => entry.FullName)];
        Assert.Contains("README.md", names);
        Assert.Contains($"lib/net10.0/{package}.dll", names);
        Assert.Contains($"lib/net10.0/{package}.xml", names); // What an editor shows.
        Assert.DoesNotContain(names, static name => name.Contains("Zurau.Rules", StringComparison.Ordinal)); // For this repository's builds only.
        using (var manifest = new StreamReader(zip.GetEntry($"{package}.nuspec")!.Open()))
        {
            Assert.DoesNotContain("Zurau.Rules", manifest.ReadToEnd(), StringComparison.Ordinal);
        }

        using ZipArchive symbols = ZipFile.OpenRead(Path.Combine(feed, $"{package}.{Version}.snupkg"));
        Assert.Contains($"lib/net10.0/{package}.pdb", symbols.Entries.Select(static entry => entry.FullName));
    }

    /// <summary>
    /// A console program with its own package folder: the packages under test must not
    /// remain in the user's, where a later build of the same version would find them. What
    /// they depend on is taken from there.
    /// </summary>
    private static void WriteConsumer(string directory, string feed, string packages)
    {
        Directory.CreateDirectory(directory);
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(Path.Combine(directory, "NuGet.config"), $"""
            <configuration>
              <packageSources><clear /><add key="feed" value="{feed}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{packages}" /></config>
              <fallbackPackageFolders><clear /><add key="cache" value="{cache}" /></fallbackPackageFolders>
            </configuration>
            """);
        File.WriteAllText(Path.Combine(directory, "Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="Zurau.Testing" Version="{Version}" /></ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(directory, "Program.cs"), """
            using Microsoft.Extensions.DependencyInjection;
            using Zurau;
            using Zurau.Listening;
            using Zurau.Testing;

            await using var kafka = await EmbeddedKafka.StartAsync(
                zurau => zurau.AddTopic("words").AddListeners(),
                services => services.AddSingleton<Words>());
            foreach (string word in (string[])["one", "two", "three"])
            {
                await kafka.SendAsync("words", "key", word);
            }

            await kafka.WaitUntilConsumedAsync("readers");
            Console.WriteLine($"handled: {string.Join(", ", kafka.Services.GetRequiredService<Words>().Heard)}");

            public sealed class Words
            {
                public List<string> Heard { get; } = [];
            }

            public sealed class WordHandler(Words words)
            {
                [KafkaListener("words", GroupId = "readers")]
                public void Handle(string word) => words.Heard.Add(word);
            }
            """);
    }

    private static async Task<string> DotnetAsync(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo(BuiltProgram.Host, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(4));
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {said} {await errors}");
        return said;
    }
}
