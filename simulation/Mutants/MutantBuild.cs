using System.Diagnostics;

namespace Zurau.Simulation;

/// <summary>
/// A copy of the engine's sources in a temporary folder. Built once without a mutant,
/// then once per mutant: apply, build, restore. Builds only the engine; the simulation
/// and the tests run with that assembly. Not thread-safe.
/// </summary>
internal sealed class MutantBuild : IDisposable
{
    internal const string AssemblyName = "Zurau.Engine.dll";
    private static readonly string[] s_folders = ["engine", "generators"];
    private readonly string _folder = Directory.CreateTempSubdirectory("zurau-mutants-").FullName;

    internal MutantBuild(string root)
    {
        foreach (string file in Directory.GetFiles(root).Where(static file => Path.GetFileName(file) is { } name && (name.StartsWith("Directory.", StringComparison.Ordinal) || name is "global.json" or "BannedSymbols.txt" or ".editorconfig")))
        {
            File.Copy(file, Path.Combine(Sources, Path.GetFileName(file)));
        }

        foreach (string folder in s_folders)
        {
            CopyFolder(Path.Combine(root, folder), Path.Combine(Sources, folder), static name => name is not ("bin" or "obj"));
        }
    }

    private string Sources => Directory.CreateDirectory(Path.Combine(_folder, "sources")).FullName;

    /// <summary>Builds the engine without a mutant; returns its path.</summary>
    /// <exception cref="MutantException">The build fails.</exception>
    internal string BuildSound() => Keep(Build(isFirst: true), "sound");

    /// <summary>Builds the engine with a mutant; returns its path.</summary>
    /// <exception cref="MutantException">The mutant cannot be applied, or the build
    /// fails.</exception>
    internal string Build(MutantPatch mutant)
    {
        Dictionary<string, string> changed = mutant.Apply(Sources);
        var sound = changed.Keys.ToDictionary(static path => path, path => File.ReadAllText(Path.Combine(Sources, path)), StringComparer.Ordinal);
        try
        {
            foreach ((string path, string text) in changed)
            {
                File.WriteAllText(Path.Combine(Sources, path), text);
            }

            return Keep(Build(isFirst: false), "mutant");
        }
        finally
        {
            foreach ((string path, string text) in sound)
            {
                File.WriteAllText(Path.Combine(Sources, path), text);
            }
        }
    }

    /// <summary>
    /// Copies the folder of a program, so that it can run with other builds of the
    /// engine.
    /// </summary>
    internal string CopyProgram(string binaries, string name)
    {
        string target = Path.Combine(_folder, name);
        if (!Directory.Exists(target))
        {
            CopyFolder(binaries, target, static _ => true);
        }

        return target;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void CopyFolder(string from, string to, Func<string, bool> isCopied)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (string folder in Directory.GetDirectories(from).Where(folder => isCopied(Path.GetFileName(folder))))
        {
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)), isCopied);
        }
    }

    private string Keep(string built, string name)
    {
        string kept = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, name)).FullName, AssemblyName);
        File.Copy(built, kept, overwrite: true);
        return kept;
    }

    private string Build(bool isFirst)
    {
        // No analyzers, and warnings are not errors: a mutant may leave a parameter
        // unused.
        string[] arguments =
        [
            "build", "engine", "-c", "Release", "--nologo", "-v", "q", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false",
            .. isFirst ? Array.Empty<string>() : ["--no-restore", "--no-dependencies"],
        ];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            WorkingDirectory = Sources,
            RedirectStandardOutput = true,
        };
        using Process build = Process.Start(start)!;
        string output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        return build.ExitCode == 0
            ? Path.Combine(Sources, "engine", "bin", "Release", "net10.0", AssemblyName)
            : throw new MutantException($"The engine does not build: {output.Split('\n').FirstOrDefault(static line => line.Contains("error", StringComparison.Ordinal))?.Trim()}");
    }
}
