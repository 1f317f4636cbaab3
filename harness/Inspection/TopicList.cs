using System.Text;
using Zurau.Engine.Records;

namespace Zurau.Harness.Inspection;

/// <summary>The topics of a directory: <c>topics.checkpoint</c> with the changes that <c>topics.journal</c> has on top of it.</summary>
internal static class TopicList
{
    /// <summary>Reads both files.</summary>
    /// <param name="files">The directory.</param>
    /// <param name="newer">Topics that are newer than the offset checkpoints: what these say of the names is of others.</param>
    /// <param name="problem">What is wrong with the checkpoint.</param>
    /// <returns>Null if there is no list, or it is damaged.</returns>
    internal static IReadOnlyList<TopicEntry>? Read(IDataFiles files, out IReadOnlySet<string> newer, out string problem)
    {
        var created = new HashSet<string>(StringComparer.Ordinal);
        newer = created;
        problem = "";
        if (files.ReadText(FileNames.Topics) is not { } text || TopicEntry.ReadAll(text, out problem) is not { } listed)
        {
            return null;
        }

        string[] journal = (files.ReadText(FileNames.TopicJournal) ?? "").Split('\n');
        if (Change(journal[0]) != $"base {Crc(text)}")
        {
            return listed; // There is none, or it is out of date.
        }

        var topics = listed.ToDictionary(static topic => topic.Name, StringComparer.Ordinal);
        foreach (string change in journal.Skip(1).Select(Change).TakeWhile(static change => change is not null).OfType<string>())
        {
            string[] fields = change.Split(' ', 2);
            switch (fields[0])
            {
                case "topic" or "topics" when TopicEntry.ReadAll($"0\n{fields[1].Split(';').Length}\n{fields[1].Replace(';', '\n')}\n", out problem) is { } put:
                    foreach (TopicEntry topic in put)
                    {
                        if (topics.GetValueOrDefault(topic.Name)?.Id != topic.Id)
                        {
                            created.Add(topic.Name);
                        }

                        topics[topic.Name] = topic;
                    }

                    break;
                case "delete":
                    topics.Remove(fields[1].Split(' ')[0]);
                    break;
                case "offsets":
                    created.Clear();
                    break;
                case "start":
                    break;
                default:
                    problem = $"{FileNames.TopicJournal} has the line '{change}'";
                    return null;
            }
        }

        return [.. topics.Values];
    }

    // What a line says; null if it is not a whole line.
    private static string? Change(string line) => line.Length > 9 && line[..9] == $"{Crc(line[9..])} " ? line[9..] : null;

    private static string Crc(string text) => $"{Crc32C.Compute(Encoding.UTF8.GetBytes(text)):x8}";
}
