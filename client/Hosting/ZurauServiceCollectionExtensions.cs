using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Zurau;
using Zurau.Embedded;
using Zurau.Hosting;
using Zurau.Listening;
using Zurau.Transport;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Registers Zurau: <see cref="IKafkaTransport"/>, <see cref="IKafkaAdmin"/>, <see cref="IKafkaTemplate{TKey, TValue}"/>,
/// <see cref="IConsumer{TKey, TValue}"/> (each receiver has its own), <see cref="ListenerRegistry"/> and the hosted service that starts and stops the listeners. A named cluster has them as keyed services.
/// </summary>
public static class ZurauServiceCollectionExtensions
{
    /// <summary>Registers a cluster with the settings of a section: <c>configuration.GetSection("Kafka")</c>.</summary>
    public static ZurauBuilder AddZurau(this IServiceCollection services, IConfiguration configuration) =>
        Add(services, null, configuration, null);

    /// <summary>Registers a cluster with settings from code.</summary>
    public static ZurauBuilder AddZurau(this IServiceCollection services, Action<ZurauOptions> configure) =>
        Add(services, null, null, configure);

    /// <summary>Registers a cluster with the settings of a section, then of code.</summary>
    public static ZurauBuilder AddZurau(this IServiceCollection services, IConfiguration configuration, Action<ZurauOptions> configure) =>
        Add(services, null, configuration, configure);

    /// <summary>Registers a second cluster; its services are keyed by the name.</summary>
    public static ZurauBuilder AddZurau(this IServiceCollection services, string name, IConfiguration configuration) =>
        Add(services, name, configuration, null);

    /// <summary>Registers a second cluster with settings from code; its services are keyed by the name.</summary>
    public static ZurauBuilder AddZurau(this IServiceCollection services, string name, Action<ZurauOptions> configure) =>
        Add(services, name, null, configure);

    /// <summary>Registers a second cluster with the settings of a section, then of code; its services are keyed by the name.</summary>
    public static ZurauBuilder AddZurau(
        this IServiceCollection services,
        string name,
        IConfiguration configuration,
        Action<ZurauOptions> configure) =>
        Add(services, name, configuration, configure);

    private static ZurauBuilder Add(
        IServiceCollection services,
        string? name,
        IConfiguration? configuration,
        Action<ZurauOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (name is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
        }

        ZurauRegistration registration = Register(services, name);
        if (configuration is not null)
        {
            registration.Configuration = configuration;
            services.AddOptions<ZurauOptions>(registration.OptionsName).Configure<IServiceProvider>((options, provider) =>
                OptionsBinder.Bind(configuration, options, provider.GetService<IConfiguration>() as IConfigurationRoot));
        }

        if (configure is not null)
        {
            services.Configure(registration.OptionsName, configure);
        }

        return new ZurauBuilder(services, registration);
    }

    /// <summary>Adds the services once; a second call for the same cluster adds to it.</summary>
    private static ZurauRegistration Register(IServiceCollection services, string? name)
    {
        ZurauRegistration? known = services
            .Select(service => service.IsKeyedService ? null : service.ImplementationInstance)
            .OfType<ZurauRegistration>()
            .FirstOrDefault(registration => registration.Name == name);
        if (known is not null)
        {
            return known;
        }

        var added = new ZurauRegistration(name);
        services.AddSingleton(added);
        services.AddOptions();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddKeyedSingleton(name, (provider, _) => Open(provider, added));
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<IKafkaTransport>(name).Admin);
        services.TryAddKeyedSingleton(name, (provider, _) => new Producer<byte[], byte[]>(
            provider.GetRequiredKeyedService<IKafkaTransport>(name),
            OptionsOf(provider, added).Producer,
            loggerFactory: LoggersOf(provider)));
        services.TryAddKeyedSingleton(name, (_, _) => new ListenerRegistry());
        Type template = name is null ? typeof(KafkaTemplate<,>) : typeof(NamedKafkaTemplate<,>);
        services.TryAddKeyedSingleton(typeof(IKafkaTemplate<,>), name, template);
        Type consumer = name is null ? typeof(InjectedConsumer<,>) : typeof(NamedInjectedConsumer<,>);
        services.TryAddKeyedTransient(typeof(IConsumer<,>), name, consumer);
        services.AddSingleton<IHostedService>(provider => new ZurauHostedService(
            added, OptionsOf(provider, added), provider, services, provider.GetRequiredKeyedService<ListenerRegistry>(name), LoggersOf(provider)));
        return added;
    }

    private static IKafkaTransport Open(IServiceProvider provider, ZurauRegistration registration)
    {
        ZurauOptions options = OptionsOf(provider, registration);
        return registration.OpenTransport(provider, options)
            ?? EmbeddedTransport.Open(options, LoggersOf(provider), provider.GetRequiredService<TimeProvider>());
    }

    private static ZurauOptions OptionsOf(IServiceProvider provider, ZurauRegistration registration)
    {
        ZurauOptions options = provider.GetRequiredService<IOptionsMonitor<ZurauOptions>>().Get(registration.OptionsName);
        OptionsValidator.ThrowIfInvalid(options);
        return options;
    }

    private static ILoggerFactory LoggersOf(IServiceProvider provider) =>
        provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
}
