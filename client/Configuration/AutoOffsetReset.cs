namespace Zurau;

/// <summary>Where a consumer begins when its group has no committed offset (<c>auto.offset.reset</c>).</summary>
public enum AutoOffsetReset
{
    /// <summary>At the end: only records that come from now on.</summary>
    Latest,

    /// <summary>At the first readable record.</summary>
    Earliest,

    /// <summary>Nowhere: the poll fails.</summary>
    None,
}
