namespace Zurau.Engine.Records;

/// <summary>
/// A batch as <see cref="RecordBatchBuilder.Build"/> left it, together with the proof that it was built here: a log need not read its
/// records one by one. Good until the builder changes; from then on it is bytes like any others.
/// </summary>
public readonly struct BuiltBatch
{
    private readonly RecordBatchBuilder _builder;
    private readonly int _version;

    internal BuiltBatch(ReadOnlyMemory<byte> bytes, RecordBatchBuilder builder, int version)
    {
        Bytes = bytes;
        _builder = builder;
        _version = version;
    }

    /// <summary>The batch's bytes, in the builder's buffer or in the one that it compresses into.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <inheritdoc cref="Bytes"/>
    public ReadOnlySpan<byte> Span => Bytes.Span;

    /// <summary>Bytes with the header.</summary>
    public int SizeBytes => Bytes.Length;

    /// <summary>What the builder knows of the records; null where it has gone on to others.</summary>
    internal BatchFacts? Facts => _builder?.FactsOf(_version);

    /// <summary>Gives up the proof.</summary>
    public static implicit operator ReadOnlyMemory<byte>(BuiltBatch batch) => batch.Bytes;

    /// <inheritdoc cref="op_Implicit"/>
    public ReadOnlyMemory<byte> ToReadOnlyMemory() => Bytes;

    /// <summary>Copies the bytes, without the proof.</summary>
    public byte[] ToArray() => Bytes.ToArray();
}
