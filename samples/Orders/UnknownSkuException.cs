namespace Orders;

/// <summary>The catalogue does not know the article. It might tomorrow, so this is retried before the order is dead-lettered.</summary>
internal sealed class UnknownSkuException(string sku) : Exception($"sku '{sku}' is not in the catalogue");
