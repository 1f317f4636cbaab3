namespace Zurau.Generators;

/// <summary>The data of a listener method that the generator needs; only strings, so that equal methods have equal models.</summary>
/// <param name="IsCallable">False for an invalid method: its class is left to the run time, which reports the problem.</param>
/// <param name="HandlerType">The class, qualified with <c>global::</c>.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Signature">Parameter types for messages.</param>
/// <param name="Attribute">The expression that creates the attribute.</param>
/// <param name="TakesAcknowledgment">Whether a parameter is an acknowledgment.</param>
/// <param name="ValueType">The type of the value, qualified; null if no parameter has it.</param>
/// <param name="KeyType">The type of the key, qualified; null if no parameter has it.</param>
/// <param name="ServiceTypes">The types that are resolved from DI, qualified.</param>
/// <param name="Arguments">The expressions of the arguments.</param>
/// <param name="Return">The kind of the return type.</param>
internal sealed record ListenerModel(
    bool IsCallable,
    string HandlerType,
    string Method,
    string Signature,
    string Attribute,
    bool TakesAcknowledgment,
    string? ValueType,
    string? KeyType,
    EquatableList<string> ServiceTypes,
    EquatableList<string> Arguments,
    ListenerReturn Return);
