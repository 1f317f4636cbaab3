using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// NATS JetStream with a file store on loopback. Its client package is not available on
/// every feed, so this class implements the part of the text protocol that a publisher
/// requires: one connection, publishes with a reply subject, and counted
/// acknowledgements.
/// </summary>
internal sealed class NatsPeer : IDisposable
{
    internal const string Remedy = "apt-get install nats-server";

    private const int Window = 4096;
    private const int PatienceMs = 30_000;
    private const string Inbox = "_INBOX.bench";

    private readonly PeerServer _server;
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;

    private NatsPeer(PeerServer server)
    {
        _server = server;
        _client = new TcpClient { NoDelay = true, ReceiveTimeout = PatienceMs };
        _client.Connect(IPAddress.Loopback, server.Port);
        _stream = _client.GetStream();
        Send($"CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\nSUB {Inbox}.* 1\r\n");
        string stream = "{\"name\":\"bench\",\"subjects\":[\"bench\"],\"storage\":\"file\",\"num_replicas\":1}";
        Send($"PUB $JS.API.STREAM.CREATE.bench {Inbox}.0 {stream.Length}\r\n{stream}\r\n");
        Await(1);
    }

    internal static bool IsInstalled => PeerServer.Find("nats-server") is not null;

    internal static string Settings => $"{PeerServer.Run(PeerServer.Find("nats-server")!, "--version").Trim()}; JetStream, file store, its default of a flush every two minutes; asynchronous publish, at most {Window} without acknowledgement, one connection, loopback";

    internal static NatsPeer Start(string directory) => new(PeerServer.Start(
        PeerServer.Find("nats-server")!,
        directory,
        port => ["-js", "-sd", directory, "-a", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture)]));

    /// <summary>
    /// Publishes records; returns records per second until the last acknowledgement.
    /// </summary>
    internal Measurement Publish(long records, int valueBytes)
    {
        byte[] message = Encoding.ASCII.GetBytes($"PUB bench {Inbox}.1 {valueBytes}\r\n{new string('v', valueBytes)}\r\n");
        const int PerWrite = 64;
        byte[] block = [.. Enumerable.Repeat(message, PerWrite).SelectMany(static bytes => bytes)];
        long acknowledged = 0;
        long began = Stopwatch.GetTimestamp();
        Exception? failure = null;
        var reader = new Thread(() =>
        {
            try
            {
                while (Volatile.Read(ref acknowledged) < records)
                {
                    Interlocked.Add(ref acknowledged, Await(1));
                }
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException)
            {
                Volatile.Write(ref failure, exception);
            }
        })
        { IsBackground = true, Name = "bench-nats" };
        reader.Start();
        for (long sent = 0; sent < records && Volatile.Read(ref failure) is null;)
        {
            if (sent - Volatile.Read(ref acknowledged) >= Window)
            {
                Thread.Sleep(0);
                continue;
            }

            int count = (int)Math.Min(PerWrite, records - sent);
            _stream.Write(block, 0, count * message.Length);
            sent += count;
        }

        reader.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException($"nats-server acknowledged {acknowledged} of {records}: {failure.Message}", failure);
        }

        return new Measurement(records / Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private void Send(string text) => _stream.Write(Encoding.ASCII.GetBytes(text));

    /// <summary>
    /// Reads until a number of replies were received, and returns their count. A reply
    /// starts with MSG and does not contain it elsewhere.
    /// </summary>
    private int Await(int wanted)
    {
        byte[] buffer = new byte[64 * 1024];
        int seen = 0;
        int carried = 0; // The bytes at the front that may be the start of a MSG.
        while (seen < wanted)
        {
            int read = _stream.Read(buffer, carried, buffer.Length - carried);
            if (read == 0)
            {
                throw new InvalidOperationException("nats-server closed the connection.");
            }

            Span<byte> bytes = buffer.AsSpan(0, carried + read);
            if (bytes.IndexOf("-ERR"u8) >= 0 || bytes.IndexOf("\"error\""u8) >= 0)
            {
                throw new InvalidOperationException($"nats-server answered {Encoding.ASCII.GetString(bytes)}");
            }

            seen += bytes.Count("MSG "u8);
            carried = Math.Min(3, bytes.Length);
            bytes[^carried..].CopyTo(buffer);
        }

        return seen;
    }
}
