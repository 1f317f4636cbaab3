using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>A topic that is open: its description and one log for each partition.</summary>
internal sealed record Topic(TopicDescription Description, PartitionLog[] Logs);
