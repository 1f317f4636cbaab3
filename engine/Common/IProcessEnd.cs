namespace Zurau.Engine.Common;

/// <summary>
/// Marks the exception with which a simulator ends the threads of a killed process.
/// Code that handles all other exceptions must not catch this one: nothing may continue
/// in a killed process.
/// </summary>
internal interface IProcessEnd;
