namespace Zurau.Harness.Bench.Work;

/// <summary>A compression library of the machine, called as directly as possible.</summary>
internal interface INativeCodec
{
    string Settings { get; }

    /// <summary>Compresses one block; returns the number of bytes written.</summary>
    int Compress(ReadOnlySpan<byte> source, Span<byte> target);

    /// <summary>
    /// Decompresses the output of <see cref="Compress"/>; returns the number of bytes
    /// written.
    /// </summary>
    int Decompress(ReadOnlySpan<byte> source, Span<byte> target);
}
