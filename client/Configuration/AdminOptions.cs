namespace Zurau;

/// <summary>Settings of administration at start.</summary>
public sealed class AdminOptions
{
    /// <summary>Whether declared topics are created at start.</summary>
    public bool AutoCreate { get; set; } = true;
}
