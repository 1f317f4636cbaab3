namespace Zurau.Serialization;

/// <summary>
/// Marks serializers of this assembly: they announce exact sizes and run no user code, so a producer may call them under its lock and
/// they write straight into the batch.
/// </summary>
internal interface IBuiltInSerializer;
