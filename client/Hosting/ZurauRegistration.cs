using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Zurau.Transport;

namespace Zurau.Hosting;

/// <summary>What was registered for one cluster. Written while services are registered, read from then on.</summary>
internal sealed class ZurauRegistration(string? name)
{
    private readonly List<Type> _handlers = [];
    private readonly List<Func<IServiceProvider, ZurauOptions, IKafkaTransport?>> _transports = [];

    /// <summary>The cluster's name and its services' key; null for the unnamed one.</summary>
    public string? Name { get; } = name;

    public string OptionsName => Name ?? Options.DefaultName;

    /// <summary>Where placeholders are looked up when the application has no configuration of its own.</summary>
    public IConfiguration? Configuration { get; set; }

    public IReadOnlyList<Type> Handlers => _handlers;

    public void AddTransport(Func<IServiceProvider, ZurauOptions, IKafkaTransport?> open) => _transports.Add(open);

    /// <summary>Asks the registered transports in their order; null if the settings are for none of them.</summary>
    public IKafkaTransport? OpenTransport(IServiceProvider services, ZurauOptions options) =>
        _transports.Select(open => open(services, options)).FirstOrDefault(static transport => transport is not null);

    public void AddHandler(Type handlerType)
    {
        if (!_handlers.Contains(handlerType))
        {
            _handlers.Add(handlerType);
        }
    }
}
