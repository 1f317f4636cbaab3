namespace Engine.Tests.House;

/// <summary>One type's use of another one, both given by their outermost types.</summary>
/// <param name="From">The user, with its namespace.</param>
/// <param name="FromNamespace">The user's namespace.</param>
/// <param name="To">What is used, with its namespace.</param>
/// <param name="ToNamespace">Its namespace.</param>
internal readonly record struct TypeUse(string From, string FromNamespace, string To, string ToNamespace)
{
    /// <inheritdoc/>
    public override string ToString() => $"{From} uses {To}";
}
