namespace Zurau.Engine.Records;

/// <summary>
/// A batch returned by <see cref="RecordBatchBuilder.Build"/>, with the proof that the
/// builder validated it: a log does not need to read its records one by one. The proof
/// is valid until the builder changes; after that, the bytes are checked like any
/// others.
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

    /// <summary>
    /// The batch's bytes, in the builder's buffer or in its compression buffer.
    /// </summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <inheritdoc cref="Bytes"/>
    public ReadOnlySpan<byte> Span => Bytes.Span;

    /// <summary>Size in bytes, header included.</summary>
    public int SizeBytes => Bytes.Length;

    /// <summary>
    /// The builder's summary of the records; null if the builder has changed since.
    /// </summary>
    internal BatchFacts? Facts => _builder?.FactsOf(_version);

    /// <summary>Converts to plain bytes and drops the proof.</summary>
    public static implicit operator ReadOnlyMemory<byte>(BuiltBatch batch) => batch.Bytes;

    /// <inheritdoc cref="op_Implicit"/>
    public ReadOnlyMemory<byte> ToReadOnlyMemory() => Bytes;

    /// <summary>Copies the bytes, without the proof.</summary>
    public byte[] ToArray() => Bytes.ToArray();
}
