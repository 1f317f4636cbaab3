namespace Orders;

/// <summary>Headers that say where an order came from.</summary>
internal static class SourceHeaders
{
    /// <summary>Name of the input (text).</summary>
    public const string File = "source-file";

    /// <summary>Number of the line, from 1 (decimal text).</summary>
    public const string Line = "source-line";
}
