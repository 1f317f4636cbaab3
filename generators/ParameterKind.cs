namespace Zurau.Generators;

/// <summary>Where a handler's parameter comes from; the same rules as at run time.</summary>
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
