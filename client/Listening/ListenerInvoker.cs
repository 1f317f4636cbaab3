namespace Zurau.Listening;

/// <summary>Calls one handler method with the parameters it wants. Generated at compile time, or made by reflection.</summary>
public delegate ValueTask ListenerInvoker(ListenerInvocation invocation);
