namespace Zurau.Generators;

/// <summary>A listener method as the generator writes it; strings only, so that equal methods are equal.</summary>
/// <param name="IsCallable">False for a method that cannot work: its class is left to the run time, which says why.</param>
/// <param name="HandlerType">The class, <c>global::</c>-qualified.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Signature">Parameter types for messages.</param>
/// <param name="Attribute">The expression that makes the attribute again.</param>
/// <param name="TakesAcknowledgment">Whether a parameter is an acknowledgment.</param>
/// <param name="ValueType">The value's type, qualified; null where it is not taken.</param>
/// <param name="KeyType">The key's type, qualified; null where it is not taken.</param>
/// <param name="ServiceTypes">Types that come from DI, qualified.</param>
/// <param name="Arguments">The expressions of the arguments.</param>
/// <param name="Return">What the method returns.</param>
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
