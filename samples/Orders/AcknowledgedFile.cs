using System.Globalization;
using System.Text;

namespace Orders;

/// <summary>
/// Writes down what was acknowledged, outside of the data directory, so that a test which kills the process knows what must not be
/// lost. In the page cache after each line, which is enough for a kill.
/// </summary>
internal sealed class AcknowledgedFile(string path) : IDisposable
{
    private readonly FileStream _file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    /// <summary>Writes <c>line, partition, offset, order id</c>, separated by tabs.</summary>
    public void Add(long line, int partition, long offset, string? orderId) =>
        _file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line}\t{partition}\t{offset}\t{orderId}\n")));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
