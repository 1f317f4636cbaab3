namespace Zurau.Harness.Bench.Work;

/// <summary>A compression library of the machine, called as directly as it can be.</summary>
internal interface INativeCodec
{
    string Settings { get; }

    /// <summary>Compresses one block; returns the bytes written.</summary>
    int Compress(ReadOnlySpan<byte> source, Span<byte> target);

    /// <summary>Decompresses what <see cref="Compress"/> wrote; returns the bytes written.</summary>
    int Decompress(ReadOnlySpan<byte> source, Span<byte> target);
}
