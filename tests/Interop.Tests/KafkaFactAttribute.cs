using System.Runtime.CompilerServices;

namespace Interop.Tests;

/// <summary>A test that needs a real Kafka's tools; where they are not, it says that it was not run.</summary>
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
