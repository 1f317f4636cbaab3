namespace Zurau.Engine.Records.Compression;

/// <summary>
/// Reports that a codec failed to compress records. The message names the codec, the
/// size and the level; the inner exception is the codec's.
/// </summary>
public sealed class CompressionException(string message, Exception inner) : Exception(message, inner);
