namespace Engine.Tests.House;

/// <summary>
/// Uses what engine and client must not use, so that the test can prove that it would
/// notice.
/// </summary>
internal static class BannedSpecimen
{
    internal static async Task<int> UseAsync(string path)
    {
        DateTime now = DateTime.UtcNow;
        int next = new Random().Next();
        int ticks = await Task.Run(() => now.Millisecond);
        return File.Exists(path) ? next : ticks;
    }
}
