namespace Zurau;

/// <summary>A transactional id in a list.</summary>
/// <param name="TransactionalId">The id.</param>
/// <param name="ProducerId">Its producer.</param>
/// <param name="State">Its state.</param>
public sealed record TransactionListing(string TransactionalId, long ProducerId, TransactionState State);
