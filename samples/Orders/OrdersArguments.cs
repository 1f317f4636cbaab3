namespace Orders;

/// <summary>What the command line asks for.</summary>
/// <param name="File">The JSON-lines file; null for the shipped one, "-" for standard input.</param>
/// <param name="Generate">How many lines to generate into the file first; null to take it as it is.</param>
/// <param name="Data">The data directory; null leaves <c>Kafka:BootstrapServers</c> as it is.</param>
/// <param name="Source">What to write into the <c>source-file</c> header instead of the file's name.</param>
/// <param name="Kafka">Settings, each <c>key=value</c> with a key below the section <c>Kafka</c>.</param>
/// <param name="Acknowledged">A file that gets a line for every acknowledged order; for crash tests.</param>
internal sealed record OrdersArguments(string? File, int? Generate, string? Data, string? Source, IReadOnlyList<string> Kafka, string? Acknowledged);
