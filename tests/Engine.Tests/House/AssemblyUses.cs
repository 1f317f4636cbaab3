using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Engine.Tests.House;

/// <summary>
/// Reads from a built assembly what its types use: in bases, interfaces, fields,
/// signatures, constraints, attributes, and in every instruction of every method body.
/// Nested and compiler-generated types count as their outermost type.
/// </summary>
internal sealed class AssemblyUses
{
    private static readonly Dictionary<int, OperandType> s_operands = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value, code => code.OperandType);

    private readonly PEReader _image;
    private readonly MetadataReader _reader;
    private readonly SignatureNames _names;
    private readonly HashSet<TypeUse> _types = [];
    private readonly HashSet<MemberUse> _members = [];
    private MetadataNames.TypeName _user;

    private AssemblyUses(PEReader image)
    {
        _image = image;
        _reader = image.GetMetadataReader();
        _names = new SignatureNames(Note);
    }

    /// <summary>Every use of a type.</summary>
    public IReadOnlyCollection<TypeUse> Types => _types;

    /// <summary>Every use of a method.</summary>
    public IReadOnlyCollection<MemberUse> Members => _members;

    public static AssemblyUses Of(Assembly assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly.Location));
        var uses = new AssemblyUses(image);
        uses.Read();
        return uses;
    }

    private void Read()
    {
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
        {
            TypeDefinition type = _reader.GetTypeDefinition(handle);
            _user = MetadataNames.Of(_reader, handle);
            Note(type.BaseType);
            NoteAttributes(type.GetCustomAttributes());
            NoteConstraints(type.GetGenericParameters());
            foreach (InterfaceImplementationHandle implementation in type.GetInterfaceImplementations())
            {
                Note(_reader.GetInterfaceImplementation(implementation).Interface);
            }

            foreach (FieldDefinition field in type.GetFields().Select(_reader.GetFieldDefinition))
            {
                field.DecodeSignature(_names, null);
                NoteAttributes(field.GetCustomAttributes());
            }

            foreach (PropertyDefinition property in type.GetProperties().Select(_reader.GetPropertyDefinition))
            {
                property.DecodeSignature(_names, null);
                NoteAttributes(property.GetCustomAttributes());
            }

            foreach (EventDefinition occasion in type.GetEvents().Select(_reader.GetEventDefinition))
            {
                Note(occasion.Type);
                NoteAttributes(occasion.GetCustomAttributes());
            }

            foreach (MethodDefinitionHandle method in type.GetMethods())
            {
                Read(_reader.GetMethodDefinition(method));
            }
        }
    }

    private void Read(MethodDefinition method)
    {
        method.DecodeSignature(_names, null);
        NoteAttributes(method.GetCustomAttributes());
        NoteConstraints(method.GetGenericParameters());
        foreach (Parameter parameter in method.GetParameters().Select(_reader.GetParameter))
        {
            NoteAttributes(parameter.GetCustomAttributes());
        }

        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }

        MethodBodyBlock body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_names, null);
        }

        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            Note(region.CatchType);
        }

        ReadInstructions(body.GetILReader());
    }

    private void ReadInstructions(BlobReader code)
    {
        while (code.RemainingBytes > 0)
        {
            int value = code.ReadByte();
            if (value == 0xFE)
            {
                value = 0xFE00 | code.ReadByte();
            }

            switch (s_operands[value])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineSig:
                    Note(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineBrTarget or OperandType.InlineI or OperandType.InlineString or OperandType.ShortInlineR:
                    code.Offset += 4;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                case OperandType.InlineNone:
                    break;
                default:
                    throw new NotSupportedException($"Instruction 0x{value:X} has an operand of an unknown kind.");
            }
        }
    }

    private void Note(EntityHandle handle)
    {
        if (handle.IsNil)
        {
            return;
        }

        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Note(MetadataNames.Of(_reader, (TypeDefinitionHandle)handle));
                break;
            case HandleKind.TypeReference:
                Note(MetadataNames.Of(_reader, (TypeReferenceHandle)handle));
                break;
            case HandleKind.TypeSpecification:
                _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_names, null);
                break;
            case HandleKind.FieldDefinition:
                Note(_reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MethodDefinition:
                Note(_reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification instance = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                instance.DecodeSignature(_names, null);
                Note(instance.Method);
                break;
            case HandleKind.MemberReference:
                Note(_reader.GetMemberReference((MemberReferenceHandle)handle));
                break;
            case HandleKind.StandaloneSignature:
                _reader.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(_names, null);
                break;
            default:
                throw new NotSupportedException($"{_user.FullName} uses a {handle.Kind}, which this reader does not know.");
        }
    }

    private void Note(MemberReference member)
    {
        Note(member.Parent);
        if (member.GetKind() == MemberReferenceKind.Field)
        {
            member.DecodeFieldSignature(_names, null);
            return;
        }

        MethodSignature<string> signature = member.DecodeMethodSignature(_names, null);
        if (member.Parent.Kind == HandleKind.TypeReference)
        {
            string type = MetadataNames.Of(_reader, (TypeReferenceHandle)member.Parent).FullName;
            string name = _reader.GetString(member.Name).Replace('.', '#');
            string arity = signature.GenericParameterCount > 0 ? $"``{signature.GenericParameterCount}" : "";
            string parameters = signature.ParameterTypes.IsEmpty ? "" : $"({string.Join(',', signature.ParameterTypes)})";
            _members.Add(new MemberUse(_user.Outermost, $"M:{type}.{name}{arity}{parameters}"));
        }
    }

    private void Note(MetadataNames.TypeName used) =>
        _types.Add(new TypeUse(_user.Outermost, _user.Namespace, used.Outermost, used.Namespace));

    private void NoteAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttribute attribute in attributes.Select(_reader.GetCustomAttribute))
        {
            Note(attribute.Constructor);
        }
    }

    private void NoteConstraints(GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameter parameter in parameters.Select(_reader.GetGenericParameter))
        {
            foreach (GenericParameterConstraintHandle constraint in parameter.GetConstraints())
            {
                Note(_reader.GetGenericParameterConstraint(constraint).Type);
            }
        }
    }
}
