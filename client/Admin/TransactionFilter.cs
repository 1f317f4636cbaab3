using System.Text.RegularExpressions;

namespace Zurau;

/// <summary>Which transactional ids a list shows; what is not set filters nothing. Immutable.</summary>
public sealed record TransactionFilter
{
    /// <summary>Only those in one of these states.</summary>
    public IReadOnlySet<TransactionState>? States { get; init; }

    /// <summary>Only those of one of these producers.</summary>
    public IReadOnlySet<long>? ProducerIds { get; init; }

    /// <summary>Only those whose transaction is open, or being ended, for longer than this.</summary>
    public TimeSpan? OpenFor { get; init; }

    /// <summary>Only ids that match the whole of this regular expression (KIP-1152).</summary>
    public string? TransactionalIdPattern { get; init; }

    internal Func<TransactionListing, bool> ToPredicate()
    {
        Regex? pattern = TransactionalIdPattern is null ? null : Compile(TransactionalIdPattern);
        return listing => States?.Contains(listing.State) != false
            && ProducerIds?.Contains(listing.ProducerId) != false
            && pattern?.IsMatch(listing.TransactionalId) != false;
    }

    private static Regex Compile(string pattern)
    {
        try
        {
            return new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw KafkaException.For(ErrorCode.InvalidRegularExpression, $"'{pattern}' is no regular expression for transactional ids: {exception.Message}", exception);
        }
    }
}
