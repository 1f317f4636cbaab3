using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Zurau.Listening;

/// <summary>
/// The application's services as listeners use them: a scope for each record, and what a record can have without one. A scope costs more
/// than all the rest of a record's way to its handler, and most handlers want nothing of it. Thread-safe.
/// </summary>
/// <param name="root">The application's own provider.</param>
/// <param name="registered">What it was made from; null where that is not known, and then every record has a scope.</param>
internal sealed class ListenerServices(IServiceProvider root, IServiceCollection? registered = null)
{
    // Another container, or one behind a factory of its own, may resolve differently from what was registered.
    private const string KnownContainer = "Microsoft.Extensions.DependencyInjection";

    private readonly IServiceScopeFactory _scopes = root.GetRequiredService<IServiceScopeFactory>();
    private readonly IServiceProviderIsService? _isService = root.GetService<IServiceProviderIsService>();

    private bool IsKnown => registered is not null && _scopes.GetType().Assembly.GetName().Name == KnownContainer;

    public AsyncServiceScope CreateScope() => _scopes.CreateAsyncScope();

    /// <summary>The services that all scopes share.</summary>
    public IServiceProvider Root => root;

    /// <summary>Whether a service is the same in every scope, which is also true of one that there is not.</summary>
    public bool IsShared(Type type) =>
        IsKnown && (_isService?.IsService(type) == false || Find(type)?.Lifetime == ServiceLifetime.Singleton);

    /// <summary>
    /// Makes handlers without a scope, where nobody could tell: a plain class with one constructor that takes singletons only, whose
    /// methods take no other services, and which is not disposed of. Null for any other.
    /// </summary>
    public ObjectFactory? FactoryOf(ListenerMethod method)
    {
        if (!IsKnown || Find(method.HandlerType) is not { Lifetime: not ServiceLifetime.Singleton, ImplementationType: { } type })
        {
            return null;
        }

        ConstructorInfo[] constructors = type.GetConstructors();
        bool isPlain = type == method.HandlerType
            && !typeof(IDisposable).IsAssignableFrom(type)
            && !typeof(IAsyncDisposable).IsAssignableFrom(type)
            && constructors.Length == 1
            && constructors[0].GetParameters().All(IsSingleton)
            && method.ServiceTypes.All(service => Find(service)?.Lifetime == ServiceLifetime.Singleton);
        return isPlain ? ActivatorUtilities.CreateFactory(type, Type.EmptyTypes) : null;
    }

    private bool IsSingleton(ParameterInfo parameter) =>
        !parameter.GetCustomAttributes(inherit: true).Any(attribute => attribute is FromKeyedServicesAttribute or ServiceKeyAttribute)
        && Find(parameter.ParameterType)?.Lifetime == ServiceLifetime.Singleton;

    // The last registration counts; an exact one before one of the open generic type.
    private ServiceDescriptor? Find(Type type) =>
        registered!.LastOrDefault(service => !service.IsKeyedService && service.ServiceType == type)
        ?? (type.IsConstructedGenericType
            ? registered!.LastOrDefault(service => !service.IsKeyedService && service.ServiceType == type.GetGenericTypeDefinition())
            : null);
}
