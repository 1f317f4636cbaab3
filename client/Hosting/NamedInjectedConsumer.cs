using Microsoft.Extensions.DependencyInjection;

namespace Zurau.Hosting;

/// <summary>The consumer of a named cluster: finds that cluster by the key that it was requested with.</summary>
internal sealed class NamedInjectedConsumer<TKey, TValue>([ServiceKey] string name, IServiceProvider services)
    : InjectedConsumer<TKey, TValue>(services, name);
