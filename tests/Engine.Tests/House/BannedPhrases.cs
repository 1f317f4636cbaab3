using System.Text.RegularExpressions;

namespace Engine.Tests.House;

/// <summary>
/// Phrases that a reader with another first language stumbles over, each with what to
/// write instead.
/// </summary>
internal static class BannedPhrases
{
    /// <summary>A phrase.</summary>
    /// <param name="Example">A text that contains it.</param>
    /// <param name="Pattern">Finds it; words are separated by anything but letters, so that
    /// names of tests count too.</param>
    /// <param name="Instead">What to write.</param>
    internal sealed record Phrase(string Example, string Pattern, string Instead)
    {
        private readonly Regex _regex = new($"(?<![A-Za-z])(?:{Pattern})(?![A-Za-z])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

        internal IEnumerable<Match> Find(string text) => _regex.Matches(text);
    }

    internal static readonly Phrase[] All =
    [
        new("the offset behind the last record", "behind", "after, past or above; the exclusive end offset; lags"),
        new("the tail is cut off", "cut (?:off|short|again)|(?:is|are|was|were|be|been|gets) cut|cuts?[ _](?:the|a|an|its?|of)[ _](?!power)\\w+", "truncate"),
        new("the segment goes", "goes", "is deleted, is sent, continues"),
        new("the data is gone", "(?:is|are|was|were)[ _]gone", "is deleted, is lost"),
        new("a record comes in", "(?:come|comes|came|go|goes|went|gone)[ _]in", "is appended"),
        new("its time is over", "(?:time|times)[ _](?:is|are|was|were)[ _]over|had[ _](?:its|their)[ _]time", "expired"),
        new("nobody waits", "nobody|somebody|whoever", "the caller, a waiter, no thread; or the passive voice"),
        new("the file says", "says|tells|hears?|(?:is|are|was|were|be)[ _]told", "contains, returns, reports, is notified"),
        new("it looks again", "looks|looked|look[ _](?:after|again|whether|at)", "checks, monitors, reads again"),
        new("once a second", "(?:once|twice|times|records|rec|bytes|MB|GB|batches|transactions)[ _]an?[ _](?:second|minute|hour|day|record|batch|thousand|duty|step|operation)", "per second"),
        new("is no topic name", "(?<!there[ _])(?:is|are)[ _]no[ _](?!longer|more|less|other)\\w+|there[ _](?:is|are|was)[ _]no[ _]such", "is not a valid topic name, does not exist"),
        new("is made anew", "anew|again[ _]and[ _]again|for[ _]ever", "again, repeatedly, forever"),
        new("closed in good order", "in[ _]good[ _]order", "clean shutdown"),
        new("by hand", "by[ _]hand", "manually, explicitly"),
        new("in vain", "in[ _]vain", "failed"),
        new("held for moments", "moments?", "briefly, or the bound"),
        new("it is not there yet", "not[ _]there[ _]yet|(?:is|are)[ _]not[ _]there", "not implemented, absent"),
        new("the only door", "the[ _]house|doors?", "repository, entry point"),
        new("in .NET clothes", "clothes|zoos?|stor(?:y|ies)|a[ _]life|lives|zombies?|by[ _]turns", "the plain noun"),
        new("at rest", "at[ _]rest|stands?[ _](?:in|there|behind|for)", "idle, is in"),
    ];
}
