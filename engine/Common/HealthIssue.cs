namespace Zurau.Engine.Common;

/// <summary>
/// Describes a part of the engine that currently fails; the other parts work.
/// </summary>
/// <param name="Component">The part: <c>duty NAME</c>, <c>partition</c> (offline),
/// <c>append</c>, <c>flush</c>, <c>cleaner</c>, <c>retention</c> and the like.</param>
/// <param name="Partition">The affected partition; null if the issue is not about one
/// partition.</param>
/// <param name="Reason">The last failure and its remedy.</param>
/// <param name="Since">The time of the first failure since the part last worked.</param>
/// <param name="Failures">The number of failures since then.</param>
public sealed record HealthIssue(string Component, TopicPartition? Partition, string Reason, DateTimeOffset Since, long Failures);
