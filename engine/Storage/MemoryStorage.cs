namespace Zurau.Engine.Storage;

/// <summary>Files in memory: for tests; nothing outlives the object.</summary>
public sealed class MemoryStorage : IStorage;
