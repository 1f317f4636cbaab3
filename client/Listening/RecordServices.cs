using Microsoft.Extensions.DependencyInjection;

namespace Zurau.Listening;

/// <summary>
/// The services of the record in hand. Its scope is made when something is asked for that scopes have of their own, and ends with the
/// record. One object serves all records of a loop, one after the other.
/// </summary>
internal sealed class RecordServices(ListenerServices application, ListenerMethod method) : IKeyedServiceProvider, IAsyncDisposable
{
    private readonly ObjectFactory? _handlers = application.FactoryOf(method);

    /// <summary>Whether a type is the same in every scope, as it was found out when it was first asked for.</summary>
    private readonly Dictionary<Type, bool> _isShared = [];

    private AsyncServiceScope? _scope;

    /// <summary>Whether the record in hand has made a scope.</summary>
    public bool HasScope => _scope is not null;

    private IServiceProvider Scope => (_scope ??= application.CreateScope()).ServiceProvider;

    /// <inheritdoc/>
    public object? GetService(Type serviceType)
    {
        if (serviceType == method.HandlerType && _handlers is not null)
        {
            return _handlers(application.Root, null);
        }

        if (!_isShared.TryGetValue(serviceType, out bool isShared))
        {
            isShared = application.IsShared(serviceType);
            _isShared[serviceType] = isShared;
        }

        return (isShared ? application.Root : Scope).GetService(serviceType);
    }

    /// <inheritdoc/>
    public object? GetKeyedService(Type serviceType, object? serviceKey) => KeyedScope.GetKeyedService(serviceType, serviceKey);

    /// <inheritdoc/>
    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) =>
        KeyedScope.GetRequiredKeyedService(serviceType, serviceKey);

    /// <summary>Ends the scope, where one was made, and with it what it made.</summary>
    public ValueTask DisposeAsync()
    {
        if (_scope is not { } scope)
        {
            return default;
        }

        _scope = null;
        return scope.DisposeAsync();
    }

    private IKeyedServiceProvider KeyedScope => Scope as IKeyedServiceProvider
        ?? throw new InvalidOperationException("This service provider doesn't support keyed services.");
}
