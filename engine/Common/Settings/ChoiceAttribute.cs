namespace Zurau.Engine.Common.Settings;

/// <summary>Spells a value of an enum setting. Several spellings may mean one value; the first one is written.</summary>
/// <param name="spelling">The text, read without regard to case and underscores.</param>
/// <param name="value">The value of the enum.</param>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public sealed class ChoiceAttribute(string spelling, object value) : Attribute
{
    /// <summary>Gets the text.</summary>
    public string Spelling { get; } = spelling;

    /// <summary>Gets the value of the enum.</summary>
    public object Value { get; } = value;
}
