using System.Buffers;
using System.Reflection;
using System.Runtime.Loader;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Records.Compression;

/// <summary>
/// ZstdSharp takes 45 ms of CPU when it is loaded: a process without zstd never loads
/// it.
/// </summary>
public sealed class LazyZstdTests
{
    [Fact]
    public void ZstdSharp_is_loaded_when_zstd_is_used_and_not_before()
    {
        var context = new RecordingContext();
        Assembly engine = context.LoadFromAssemblyPath(typeof(CompressionCodecs).Assembly.Location);
        foreach (CompressionType type in (CompressionType[])[CompressionType.Gzip, CompressionType.Snappy, CompressionType.Lz4])
        {
            Compress(engine, type);
        }

        Assert.Contains("Snappier", context.Asked);
        Assert.DoesNotContain("ZstdSharp", context.Asked);
        Compress(engine, CompressionType.Zstd);
        Assert.Contains("ZstdSharp", context.Asked);
        context.Unload();
    }

    private static void Compress(Assembly engine, CompressionType type)
    {
        object codec = engine.GetType(typeof(CompressionCodecs).FullName!)!.GetMethod(nameof(CompressionCodecs.Get))!.Invoke(null, [(int)type])!;
        Compressing compress = codec.GetType().GetMethod(nameof(ICompressionCodec.Compress))!.CreateDelegate<Compressing>(codec);
        var target = new ArrayBufferWriter<byte>();
        compress("all work and no play"u8, target, type == CompressionType.Snappy ? 0 : 3);
        Assert.True(target.WrittenCount > 0);
    }

    private delegate void Compressing(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level);

    /// <summary>Loads the engine once more and notes which assemblies that copy asks for.</summary>
    private sealed class RecordingContext() : AssemblyLoadContext("another engine", isCollectible: true)
    {
        internal List<string?> Asked { get; } = [];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            Asked.Add(assemblyName.Name);
            return null;
        }
    }
}
