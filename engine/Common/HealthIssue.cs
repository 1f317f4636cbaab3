namespace Zurau.Engine.Common;

/// <summary>Names a part of the engine that does not work at present; the other parts are served.</summary>
/// <param name="Component">The part: <c>duty NAME</c>, <c>partition</c> (offline), <c>append</c>, <c>flush</c>, <c>cleaner</c>, <c>retention</c> and the like.</param>
/// <param name="Partition">The partition that is concerned; null when it is not one partition.</param>
/// <param name="Reason">What failed last, and what to do about it.</param>
/// <param name="Since">The time of the first failure since the part last worked.</param>
/// <param name="Failures">The number of failures since then.</param>
public sealed record HealthIssue(string Component, TopicPartition? Partition, string Reason, DateTimeOffset Since, long Failures);
