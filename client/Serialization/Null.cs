namespace Zurau;

/// <summary>
/// The type of keys or values that are always null: <c>new ProducerRecord&lt;Null?, Order&gt;("orders", null, order)</c>.
/// </summary>
public sealed class Null
{
    private Null()
    {
    }
}
