using System.Globalization;

namespace Orders;

/// <summary>Makes larger inputs from the shipped file: its lines, repeated, with their faults and new order ids.</summary>
internal static class OrderGenerator
{
    /// <summary>Writes so many lines; the file is complete or not there.</summary>
    public static void Write(string path, int lines)
    {
        string[] shipped = File.ReadAllLines(OrderSource.ShippedFile);
        string unfinished = path + ".tmp";
        using (var writer = new StreamWriter(unfinished))
        {
            for (int i = 0; i < lines; i++)
            {
                writer.Write(WithId(shipped[i % shipped.Length], i % shipped.Length + 1, i + 1));
                writer.Write('\n');
            }
        }

        File.Move(unfinished, path, overwrite: true);
    }

    private static string WithId(string line, int shippedNumber, int number) => line.Replace(
        shippedNumber.ToString("'o-'00000", CultureInfo.InvariantCulture),
        number.ToString("'o-'00000", CultureInfo.InvariantCulture),
        StringComparison.Ordinal);
}
