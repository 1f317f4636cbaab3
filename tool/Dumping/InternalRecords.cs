namespace Zurau.Tool.Dumping;

/// <summary>
/// Decodes the records of <c>__consumer_offsets</c> and <c>__transaction_state</c>.
/// </summary>
internal static class InternalRecords
{
    private static readonly string[] s_states = ["Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort", "Dead", "PrepareEpochFence"];

    /// <summary>
    /// Describes a record of an internal topic; returns null if its type is unknown.
    /// </summary>
    internal static string? Decode(string topic, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isDeleted)
    {
        try
        {
            return topic switch
            {
                "__consumer_offsets" => Group(new WireReader(key), new WireReader(value), isDeleted),
                "__transaction_state" => Transaction(new WireReader(key), new WireReader(value), isDeleted),
                _ => null,
            };
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string? Group(WireReader key, WireReader value, bool isDeleted)
    {
        short type = key.Int16();
        string group = key.Text(false)!;
        switch (type)
        {
            case 0 or 1:
                string partition = $"{key.Text(false)}-{key.Int32()}";
                return $"offset of group '{group}' for {partition}: {(isDeleted ? "deleted" : Offset(value))}";
            case 2:
                return $"group '{group}': {(isDeleted ? "deleted" : ClassicGroup(value))}";
            case 3:
                return $"consumer group '{group}': {(isDeleted ? "deleted" : Epoch(value))}";
            case 5 or 7 or 8:
                return $"consumer group '{group}' member '{key.Text(false)}' {(type == 5 ? "metadata" : type == 7 ? "target assignment" : "current assignment")}{(isDeleted ? " deleted" : "")}";
            case 6:
                return $"consumer group '{group}' target assignment: {(isDeleted ? "deleted" : Epoch(value))}";
            default:
                return null;
        }
    }

    private static string Offset(WireReader value)
    {
        short version = value.Int16();
        long offset = value.Int64();
        int leaderEpoch = version >= 3 ? value.Int32() : -1;
        string? metadata = value.Text(isFlexible: version >= 4);
        long commitMs = value.Int64();
        return $"{offset}, leader epoch {leaderEpoch}, metadata '{metadata}', committed {RecordText.Time(commitMs)} (v{version})";
    }

    private static string ClassicGroup(WireReader value)
    {
        short version = value.Int16();
        bool isFlexible = version >= 4;
        string? protocolType = value.Text(isFlexible);
        int generation = value.Int32();
        string? protocol = value.Text(isFlexible);
        string? leader = value.Text(isFlexible);
        if (version >= 2)
        {
            value.Int64();
        }

        return $"protocol type '{protocolType}', generation {generation}, protocol '{protocol}', leader '{leader}', {value.Count(isFlexible)} members (v{version})";
    }

    private static string Epoch(WireReader value)
    {
        value.Int16();
        return $"epoch {value.Int32()}";
    }

    private static string? Transaction(WireReader key, WireReader value, bool isDeleted)
    {
        if (key.Int16() != 0)
        {
            return null;
        }

        string id = key.Text(false)!;
        if (isDeleted)
        {
            return $"transactional id '{id}': deleted";
        }

        short version = value.Int16();
        bool isFlexible = version >= 1;
        long producerId = value.Int64();
        short epoch = value.Int16();
        int timeoutMs = value.Int32();
        sbyte state = value.Int8();
        var partitions = new List<string>();
        for (int topics = value.Count(isFlexible); topics > 0; topics--)
        {
            string? topic = value.Text(isFlexible);
            for (int count = value.Count(isFlexible); count > 0; count--)
            {
                partitions.Add($"{topic}-{value.Int32()}");
            }

            if (isFlexible)
            {
                value.Tags();
            }
        }

        long updatedMs = value.Int64();
        string name = state >= 0 && state < s_states.Length ? s_states[state] : $"state {state}";
        return $"transactional id '{id}': {name}, producer {producerId} epoch {epoch}, timeout {timeoutMs} ms, partitions [{string.Join(", ", partitions)}], updated {RecordText.Time(updatedMs)} (v{version})";
    }
}
