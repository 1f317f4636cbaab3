namespace Zurau.Engine.Common;

/// <summary>
/// Marks the exception with which a simulator ends the threads of a process that it has killed. Code that survives any other exception lets
/// this one through: a killed process survives nothing.
/// </summary>
internal interface IProcessEnd;
