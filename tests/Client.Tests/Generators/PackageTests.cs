using System.Diagnostics;
using System.IO.Compression;
using Client.Tests.Support;
using Zurau.Generators;

namespace Client.Tests.Generators;

public class PackageTests
{
    [Fact]
    public async Task The_package_brings_the_source_generator_and_depends_on_no_package_of_it()
    {
        using var output = new TestDirectory();
        await PackClientAsync(output.Path);
        string package = Assert.Single(Directory.EnumerateFiles(output.Path, "*.nupkg"));
        using ZipArchive zip = ZipFile.OpenRead(package);
        Assert.Equal(await File.ReadAllBytesAsync(typeof(ListenerGenerator).Assembly.Location), Read(zip, "analyzers/dotnet/cs/Zurau.Generators.dll"));
        Assert.NotEmpty(Read(zip, "lib/net10.0/Zurau.dll"));
        string manifest = System.Text.Encoding.UTF8.GetString(Read(zip, "Zurau.nuspec"));
        Assert.Contains("id=\"Zurau.Engine\"", manifest, StringComparison.Ordinal);
        Assert.DoesNotContain("Zurau.Generators", manifest, StringComparison.Ordinal);
        Assert.DoesNotContain("Microsoft.CodeAnalysis", manifest, StringComparison.Ordinal);
    }

    /// <summary>Packs what was built with these tests.</summary>
    private static async Task PackClientAsync(string output)
    {
        string project = Path.Combine(Repository.Root, "client", "Zurau.csproj");
        var start = new ProcessStartInfo(BuiltProgram.Host)
        {
            ArgumentList = { "pack", project, "--no-build", "--no-restore", "-c", BuiltProgram.Configuration, "-o", output, "-nodeReuse:false" },
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said);
    }

    private static byte[] Read(ZipArchive zip, string name)
    {
        ZipArchiveEntry? entry = zip.GetEntry(name);
        Assert.True(entry is not null, $"{name} is not among {string.Join(", ", zip.Entries.Select(known => known.FullName))}");
        using Stream stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
