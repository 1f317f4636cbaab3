using System.Text.RegularExpressions;

namespace Zurau;

/// <summary>
/// Filters a list of transactional ids; a property that is not set filters nothing.
/// Immutable.
/// </summary>
public sealed record TransactionFilter
{
    /// <summary>Gets the states to include.</summary>
    public IReadOnlySet<TransactionState>? States { get; init; }

    /// <summary>Gets the producer ids to include.</summary>
    public IReadOnlySet<long>? ProducerIds { get; init; }

    /// <summary>Gets the minimum age of an open or ending transaction.</summary>
    public TimeSpan? OpenFor { get; init; }

    /// <summary>Gets a regular expression that must match the whole id (KIP-1152).</summary>
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
            throw KafkaException.For(ErrorCode.InvalidRegularExpression, $"'{pattern}' is not a valid regular expression for transactional ids: {exception.Message}", exception);
        }
    }
}
