using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Zurau.Transport;

namespace Zurau.Hosting;

/// <summary>What was registered for one cluster. Written while services are registered, read from then on.</summary>
internal sealed class ZurauRegistration(string? name)
{
    private readonly List<Type> _handlers = [];

    /// <summary>The cluster's name and its services' key; null for the unnamed one.</summary>
    public string? Name { get; } = name;

    public string OptionsName => Name ?? Options.DefaultName;

    /// <summary>Where placeholders are looked up when the application has no configuration of its own.</summary>
    public IConfiguration? Configuration { get; set; }

    /// <summary>Opens another transport than the embedded engine; for tests.</summary>
    public Func<IServiceProvider, ZurauOptions, IKafkaTransport>? OpenTransport { get; set; }

    public IReadOnlyList<Type> Handlers => _handlers;

    public void AddHandler(Type handlerType)
    {
        if (!_handlers.Contains(handlerType))
        {
            _handlers.Add(handlerType);
        }
    }
}
