namespace Zurau.Rules.Settings;

/// <summary>How a setting is read, written and checked.</summary>
internal enum SettingKind
{
    Bool,
    Number,
    Real,
    Text,

    /// <summary>An enum.</summary>
    Choice,

    /// <summary>A value type that reads itself (<c>TryParse</c>) and writes itself (<c>ToString</c>).</summary>
    Parsed,

    /// <summary>A text of words that are separated by commas.</summary>
    Words,

    /// <summary>A list of texts.</summary>
    List,

    /// <summary>Further names and values, which the binder of the client reads.</summary>
    Section,
}
