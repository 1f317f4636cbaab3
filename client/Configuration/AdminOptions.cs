using Zurau.Engine.Common.Settings;

namespace Zurau;

/// <summary>Holds the settings of administration at startup.</summary>
[Settings("admin")]
public sealed partial class AdminOptions
{
    /// <summary>Whether declared topics are created at startup.</summary>
    [Setting("auto.create")]
    public bool AutoCreate { get; set; } = true;
}
