using System.Globalization;
using Zurau.Producing;

namespace Client.Tests.Producing;

public class Murmur2Tests
{
    [Fact]
    public void Hashes_and_partitions_are_those_of_the_java_client()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "golden", "murmur2", "murmur2.csv"));
        Assert.True(lines.Length > 2000);
        foreach (string[] row in lines.Skip(1).Select(line => line.Split(',')))
        {
            byte[] key = Convert.FromHexString(row[0]);
            int[] expected = [.. row[1..].Select(cell => int.Parse(cell, CultureInfo.InvariantCulture))];
            int hash = Murmur2.Hash(key);
            int[] actual = [hash, hash & 0x7fffffff, Murmur2.Partition(key, 3), Murmur2.Partition(key, 7), Murmur2.Partition(key, 12), Murmur2.Partition(key, 100)];
            Assert.Equal(expected, actual);
        }
    }
}
