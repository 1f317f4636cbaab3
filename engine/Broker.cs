using Zurau.Engine.Common;

namespace Zurau.Engine;

/// <summary>
/// The engine's only door, for the in-process client and for a server alike: Kafka's requests in .NET clothes.
/// Batches go in as v2 bytes and come out as leased slices of mapped segments. Expected failures are Kafka error codes in the
/// results; exceptions are for programming errors and lost storage. Every member may be called from any thread.
/// </summary>
public sealed class Broker : IAsyncDisposable
{
    private Broker()
    {
    }

    /// <summary>Runs the broker's duties, and those of clients in the same process.</summary>
    public IDutyPump DutyPump => throw new NotImplementedException();

    /// <summary>The clock of record timestamps.</summary>
    public TimeProvider TimeProvider => throw new NotImplementedException();

    /// <summary>Opens the data directory, recovers its logs and loads committed offsets.</summary>
    /// <exception cref="Storage.StorageException">The directory cannot be used: the message says why and what to do.</exception>
    public static Broker Open(BrokerSettings settings) => throw new NotImplementedException();

    /// <summary>
    /// Appends one v2 batch with base offset 0. The bytes must not change until the call returns (they are copied before);
    /// the task completes as <paramref name="acks"/> says and never on another appender's thread.
    /// </summary>
    public ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlyMemory<byte> batch, Acks acks) => throw new NotImplementedException();

    /// <summary>Reads batches; waits for new ones as the request says. Cancelling ends the wait with what there is.</summary>
    public ValueTask<FetchResponse> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The first readable offset and the end (the offset of the next record).</summary>
    public ErrorResult ListOffsets(TopicPartition partition, out long logStartOffset, out long endOffset) => throw new NotImplementedException();

    /// <summary>Creates a topic durably.</summary>
    public ErrorResult CreateTopic(NewTopic topic) => throw new NotImplementedException();

    /// <summary>Deletes a topic with its data; leases that are out stay readable.</summary>
    public ErrorResult DeleteTopic(string name) => throw new NotImplementedException();

    /// <summary>Finds a topic; with <paramref name="autoCreate"/> creates it where <c>auto.create.topics.enable</c> allows.</summary>
    public ErrorResult DescribeTopic(string name, bool autoCreate, out TopicDescription? topic) => throw new NotImplementedException();

    /// <summary>Lists every topic, in ordinal order of names.</summary>
    public IReadOnlyList<TopicDescription> ListTopics() => throw new NotImplementedException();

    /// <summary>Joins a group. A group has one member for now: a second one gets <see cref="ErrorCode.GroupMaxSizeReached"/>.</summary>
    public JoinGroupResult JoinGroup(string groupId, string clientId) => throw new NotImplementedException();

    /// <summary>Leaves a group; commits of the member are refused from then on.</summary>
    public ErrorCode LeaveGroup(string groupId, string memberId) => throw new NotImplementedException();

    /// <summary>
    /// Commits offsets as records of <c>__consumer_offsets</c> (acks=1: losing one to a power cut means redelivery, never a skip).
    /// A generation of -1 with an empty member id commits for a group without members.
    /// </summary>
    public ValueTask<IReadOnlyList<OffsetCommitResult>> CommitOffsetsAsync(
        string groupId,
        string memberId,
        int generationId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) => throw new NotImplementedException();

    /// <summary>Reads committed offsets; null asks for all of the group.</summary>
    public IReadOnlyList<OffsetFetchResult> FetchOffsets(string groupId, IReadOnlyList<TopicPartition>? partitions) => throw new NotImplementedException();

    /// <summary>Stops, flushes every log, trims it and marks the directory as cleanly closed.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
