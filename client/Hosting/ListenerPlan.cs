using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Zurau.Listening;

namespace Zurau.Hosting;

/// <summary>
/// Works out all listeners of a cluster before anything is opened, and refuses what
/// cannot work together.
/// </summary>
internal static class ListenerPlan
{
    /// <summary>The methods with their settings, in order of registration.</summary>
    /// <exception cref="ConfigurationException">A declaration is invalid; the message
    /// contains the remedy.</exception>
    public static IReadOnlyList<(ListenerMethod Method, ListenerSettings Settings)> Make(
        ZurauRegistration registration,
        ZurauOptions options,
        IServiceProvider services)
    {
        IConfiguration? configuration = services.GetService<IConfiguration>() ?? registration.Configuration;
        IServiceProviderIsService? registered = services.GetService<IServiceProviderIsService>();
        var plan = new List<(ListenerMethod Method, ListenerSettings Settings)>();
        foreach (ListenerMethod method in registration.Handlers.SelectMany(ListenerCatalog.MethodsOf))
        {
            CheckServices(method, registered);
            plan.Add((method, ListenerSettingsResolver.Resolve(method, options, configuration)));
        }

        CheckIds(plan, options);
        CheckGroups(plan);
        return plan;
    }

    private static void CheckServices(ListenerMethod method, IServiceProviderIsService? services)
    {
        foreach (Type type in method.ServiceTypes.Where(type => services?.IsService(type) == false))
        {
            throw new ConfigurationException(
                $"Listener method '{method.DisplayName}' takes a {CSharpNames.Of(type)}, which is not a registered service: " +
                $"register it, mark it with {HeaderDecoder.MarksOf(type)}, or mark the record's value with [Payload] " +
                "(without this mark the first unmarked parameter is the value).");
        }
    }

    private static void CheckIds(List<(ListenerMethod Method, ListenerSettings Settings)> plan, ZurauOptions options)
    {
        foreach (var same in plan
            .GroupBy(listener => listener.Settings.Id, StringComparer.OrdinalIgnoreCase)
            .Where(same => same.Count() > 1))
        {
            throw new ConfigurationException(
                $"{same.Count()} listeners have the id '{same.Key}' " +
                $"({string.Join(", ", same.Select(listener => listener.Method.DisplayName))}): set Id in [KafkaListener].");
        }

        var ids = plan.Select(listener => listener.Settings.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (string id in options.Listeners.Keys.Where(id => !ids.Contains(id)))
        {
            throw new ConfigurationException(
                $"Listeners:{id} is set, but there is no listener '{id}'; there are: " +
                $"{string.Join(", ", ids)}.");
        }
    }

    private static void CheckGroups(List<(ListenerMethod Method, ListenerSettings Settings)> plan)
    {
        foreach (var same in plan.GroupBy(listener => listener.Settings.GroupId, StringComparer.Ordinal).Where(same => same.Count() > 1))
        {
            throw new ConfigurationException(
                $"Listeners {string.Join(" and ", same.Select(listener => $"'{listener.Settings.Id}'"))} are both in group '{same.Key}': " +
                "a group has one member for now, so give each a GroupId of its own.");
        }
    }
}
