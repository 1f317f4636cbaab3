namespace Zurau.Listening;

/// <summary>Where a handler's parameter comes from.</summary>
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
