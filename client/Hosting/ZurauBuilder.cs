using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Zurau.Hosting;
using Zurau.Listening;
using Zurau.Transport;

namespace Zurau;

/// <summary>Adds topics and listeners to a cluster that <c>AddZurau</c> registered.</summary>
public sealed class ZurauBuilder
{
    internal ZurauBuilder(IServiceCollection services, ZurauRegistration registration)
    {
        Services = services;
        Registration = registration;
    }

    /// <summary>Gets the application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Gets the cluster's name, which is the key of its services; null for the unnamed one.
    /// </summary>
    public string? Name => Registration.Name;

    internal ZurauRegistration Registration { get; }

    /// <summary>Changes settings after the configuration was read.</summary>
    public ZurauBuilder Configure(Action<ZurauOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.Configure(Registration.OptionsName, configure);
        return this;
    }

    /// <summary>
    /// Registers another transport than the embedded engine. Transports are asked in the order of their registration when the cluster
    /// is opened, then the embedded engine.
    /// </summary>
    /// <param name="open">Opens a transport if <c>bootstrap.servers</c> names a log of its kind; null otherwise. The transport is
    /// disposed with the application's services.</param>
    public ZurauBuilder UseTransport(Func<IServiceProvider, ZurauOptions, IKafkaTransport?> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        Registration.AddTransport(open);
        return this;
    }

    /// <summary>
    /// Declares a topic that is created at startup if it does not exist. Values in
    /// <c>Kafka:Topics</c> take precedence.
    /// </summary>
    /// <param name="name">1 to 249 characters of <c>[a-zA-Z0-9._-]</c>.</param>
    /// <param name="partitions">Number of partitions; -1 for <c>num.partitions</c>.</param>
    /// <param name="configs">Topic settings by Kafka's names.</param>
    public ZurauBuilder AddTopic(string name, int partitions = -1, IReadOnlyDictionary<string, string>? configs = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Configure(options =>
        {
            if (!options.Topics.Exists(topic => topic.Name == name))
            {
                options.Topics.Add(new TopicOptions
                {
                    Name = name,
                    Partitions = partitions,
                    Configs = new Dictionary<string, string>(configs ?? new Dictionary<string, string>()),
                });
            }
        });
    }

    /// <summary>
    /// Adds the <c>[KafkaListener]</c> methods of a class, which is resolved from its own
    /// DI scope for each record.
    /// </summary>
    public ZurauBuilder AddListener<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] THandler>()
        where THandler : class
    {
        Services.TryAddScoped<THandler>();
        Registration.AddHandler(typeof(THandler));
        return this;
    }

    /// <summary>
    /// Adds every class of an assembly that has <c>[KafkaListener]</c> methods. The
    /// generated <c>AddListeners()</c> needs no reflection.
    /// </summary>
    [RequiresUnreferencedCode("Inspects all types of the assembly; AddListeners() does not.")]
    public ZurauBuilder AddListenersFrom(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        foreach (Type handlerType in ListenerCatalog.TypesOf(assembly))
        {
            Services.TryAddScoped(handlerType);
            Registration.AddHandler(handlerType);
        }

        return this;
    }
}
