using System.Reflection.Metadata;

namespace Engine.Tests.House;

/// <summary>Names of types in an assembly's metadata.</summary>
internal static class MetadataNames
{
    /// <summary>
    /// The namespace and the full name of a type, and the full name of the type that it is
    /// nested in at the outermost.
    /// </summary>
    internal readonly record struct TypeName(string Namespace, string FullName, string Outermost);

    public static TypeName Of(MetadataReader reader, TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } parent
            ? Nested(Of(reader, parent), reader.GetString(type.Name))
            : TopLevel(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public static TypeName Of(MetadataReader reader, TypeReferenceHandle handle)
    {
        TypeReference type = reader.GetTypeReference(handle);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? Nested(Of(reader, (TypeReferenceHandle)type.ResolutionScope), reader.GetString(type.Name))
            : TopLevel(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    private static TypeName TopLevel(string space, string name)
    {
        string fullName = space.Length == 0 ? name : $"{space}.{name}";
        return new TypeName(space, fullName, fullName);
    }

    private static TypeName Nested(TypeName parent, string name) => new(parent.Namespace, $"{parent.FullName}.{name}", parent.Outermost);
}
