namespace Zurau.Engine.Storage;

/// <summary>The seam to files; see its members in the storage part.</summary>
public interface IStorage;
