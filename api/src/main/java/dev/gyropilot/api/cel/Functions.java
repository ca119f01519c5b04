package dev.gyropilot.api.cel;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.TypeParamType;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Collects functions for CEL, each with its declaration and its body; what a body throws becomes an error of the expression. */
final class Functions {
    static final CelType T = TypeParamType.create("T");
    static final CelType LIST = ListType.create(T);
    static final CelType STRING = SimpleType.STRING;
    static final CelType BOOL = SimpleType.BOOL;
    static final CelType INT = SimpleType.INT;
    static final CelType DOUBLE = SimpleType.DOUBLE;
    static final CelType STRINGS = ListType.create(STRING);

    private final Map<String, List<CelOverloadDecl>> overloads = new LinkedHashMap<>();
    private final List<CelFunctionBinding> bindings = new ArrayList<>();

    static Functions kubernetes() {
        Functions functions = new Functions();
        ListFunctions.addTo(functions);
        TextFunctions.addTo(functions);
        UrlFunctions.addTo(functions);
        QuantityFunctions.addTo(functions);
        NetworkFunctions.addTo(functions);
        FormatFunctions.addTo(functions);
        SemverFunctions.addTo(functions);
        return functions;
    }

    /** {@code name(arguments)}. */
    void global(String name, CelType result, List<CelType> parameters, CelFunctionOverload body) {
        String id = id(name, parameters);
        declare(name, CelOverloadDecl.newGlobalOverload(id, result, parameters));
        bind(id, parameters, body);
    }

    /** {@code receiver.name(arguments)}; the receiver is the first parameter. */
    void member(String name, CelType result, List<CelType> parameters, CelFunctionOverload body) {
        String id = "member_" + id(name, parameters);
        declare(name, CelOverloadDecl.newMemberOverload(id, result, parameters));
        bind(id, parameters, body);
    }

    private static String id(String name, List<CelType> parameters) {
        StringBuilder id = new StringBuilder("k8s_").append(name.replace('.', '_'));
        parameters.forEach(parameter -> id.append('_').append(parameter.name().replace('.', '_')));
        return id.toString();
    }

    private void declare(String name, CelOverloadDecl overload) {
        overloads.computeIfAbsent(name, key -> new ArrayList<>()).add(overload);
    }

    private void bind(String id, List<CelType> parameters, CelFunctionOverload body) {
        List<Class<?>> classes = new ArrayList<>();
        parameters.forEach(parameter -> classes.add(classOf(parameter)));
        bindings.add(CelFunctionBinding.from(id, classes, body));
    }

    private static Class<?> classOf(CelType type) {
        if (type instanceof OptionalType) {
            return Optional.class;
        }
        if (type instanceof OpaqueType) {
            return CelValues.classOf(type.name());
        }
        return switch (type.kind()) {
            case STRING -> String.class;
            case BOOL -> Boolean.class;
            case INT -> Long.class;
            case DOUBLE -> Double.class;
            case LIST -> Collection.class;
            case TIMESTAMP -> Instant.class;
            case DURATION -> Duration.class;
            default -> Object.class;
        };
    }

    List<CelFunctionDecl> declarations() {
        List<CelFunctionDecl> declarations = new ArrayList<>();
        overloads.forEach((name, each) -> declarations.add(CelFunctionDecl.newFunctionDeclaration(name, each)));
        return declarations;
    }

    List<CelFunctionBinding> bindings() {
        return bindings;
    }
}
