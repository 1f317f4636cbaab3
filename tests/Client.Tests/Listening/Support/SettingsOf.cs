using Microsoft.Extensions.Configuration;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening.Support;

/// <summary>Resolves the settings of a listener <c>On(string)</c>.</summary>
internal static class SettingsOf
{
    internal static ListenerSettings Listener(
        Type handler,
        KafkaListenerAttribute attribute,
        bool takesAcknowledgment,
        ZurauOptions? options,
        IConfiguration? configuration) =>
        ListenerSettingsResolver.Resolve(
            new ListenerMethod
            {
                HandlerType = handler,
                MethodName = "On",
                Signature = "(string)",
                Attribute = attribute,
                TakesAcknowledgment = takesAcknowledgment,
                ValueType = typeof(string),
                KeyType = null,
                Invoker = _ => default,
            },
            options ?? new ZurauOptions(),
            configuration);
}
