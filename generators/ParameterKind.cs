namespace Zurau.Generators;

/// <summary>Specifies the source of a handler's parameter, with the same rules as at run time.</summary>
internal enum ParameterKind
{
    Value,
    Key,
    Header,
    Record,
    Headers,
    Acknowledgment,
    CancellationToken,
    Service,
    KeyedService,
}
