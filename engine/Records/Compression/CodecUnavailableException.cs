namespace Zurau.Engine.Records.Compression;

/// <summary>A codec cannot work on this machine: the message names the library that is missing and the package that brings it.</summary>
public sealed class CodecUnavailableException(string message) : Exception(message);
