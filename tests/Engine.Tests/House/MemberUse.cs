namespace Engine.Tests.House;

/// <summary>One type's use of a method of another assembly.</summary>
/// <param name="From">The user's outermost type, with its namespace.</param>
/// <param name="Member">The method by its documentation id:
/// <c>M:System.Random.#ctor(System.Int32)</c>.</param>
internal readonly record struct MemberUse(string From, string Member);
