using System.Runtime.CompilerServices;

namespace Interop.Tests;

/// <summary>
/// A test that needs a real Kafka's tools; skipped with a reason if they are not
/// installed.
/// </summary>
public sealed class KafkaFactAttribute : FactAttribute
{
    public KafkaFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (KafkaTools.Home is null)
        {
            Skip = "not run: KAFKA_HOME is not set to a folder with kafka.sh";
        }
    }
}
