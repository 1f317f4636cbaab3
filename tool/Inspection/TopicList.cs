using System.Text;
using Zurau.Engine.Records;

namespace Zurau.Inspection;

/// <summary>
/// Reads the topics of a directory: <c>topics.checkpoint</c> and the later changes in
/// <c>topics.journal</c>.
/// </summary>
internal static class TopicList
{
    /// <summary>Reads both files.</summary>
    /// <param name="files">The directory.</param>
    /// <param name="newer">The topics that are newer than the offset checkpoints, whose
    /// entries of the same names belong to other topics.</param>
    /// <param name="problem">The problem of the checkpoint or of the journal.</param>
    /// <returns>The topics; null if there is no list or it is damaged.</returns>
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
            return listed; // There is no journal, or it belongs to an older checkpoint.
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
                    problem = $"{FileNames.TopicJournal} has the unknown line '{change}'";
                    return null;
            }
        }

        return [.. topics.Values];
    }

    // Returns the content of a line; null if it is not complete.
    private static string? Change(string line) => line.Length > 9 && line[..9] == $"{Crc(line[9..])} " ? line[9..] : null;

    private static string Crc(string text) => $"{Crc32C.Compute(Encoding.UTF8.GetBytes(text)):x8}";
}
