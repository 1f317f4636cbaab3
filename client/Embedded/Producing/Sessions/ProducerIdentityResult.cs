namespace Zurau.Embedded.Producing.Sessions;

/// <summary>The answer to what gives a producer its identity.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why there is none.</param>
/// <param name="Identity">The identity to go on with; <see cref="ProducerIdentity.None"/> on error.</param>
/// <param name="Message">What is wrong and what to do, on error.</param>
internal readonly record struct ProducerIdentityResult(ErrorCode Error, ProducerIdentity Identity, string? Message);
