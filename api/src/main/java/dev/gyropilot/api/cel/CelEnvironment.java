package dev.gyropilot.api.cel;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where expressions are compiled: Kubernetes' functions and a set of typed variables. Immutable and thread-safe. Loading CEL
 * takes a few hundred milliseconds the first time, so do it only when there is an expression.
 *
 * <p>Beyond the language itself: strings (with {@code format} and {@code quote}), lists ({@code isSorted}, {@code sum},
 * {@code min}, {@code max}, {@code indexOf}, {@code lastIndexOf}, and {@code distinct}, {@code flatten}, {@code slice},
 * {@code sort} …), sets, regex ({@code find}, {@code findAll}), URLs, quantities, IP addresses and CIDRs, named formats,
 * semantic versions, optionals, two-variable comprehensions.
 */
public final class CelEnvironment {
    /** Longer expressions are refused. */
    public static final int MAX_CHARACTERS = 32 << 10;

    private static final int MAX_DEPTH = 60;

    private static final CelOptions OPTIONS = CelOptions.current()
            .maxExpressionCodePointSize(MAX_CHARACTERS)
            .maxParseRecursionDepth(MAX_DEPTH)
            .enableHeterogeneousNumericComparisons(true)
            .enableRegexPartialMatch(true)
            .build();

    private final CelCompiler compiler;

    private CelEnvironment(CelCompiler compiler) {
        this.compiler = compiler;
    }

    /** An environment with these variables. */
    public static CelEnvironment of(Map<String, CelType> variables) {
        return of(variables, List.of());
    }

    /** @param types structs that the variables' types refer to by name */
    public static CelEnvironment of(Map<String, CelType> variables, Collection<? extends CelType> types) {
        return of(variables, types, Set.of());
    }

    /**
     * An environment without some of Kubernetes' functions.
     *
     * @param types structs that the variables' types refer to by name
     */
    public static CelEnvironment of(
            Map<String, CelType> variables, Collection<? extends CelType> types, Set<String> without) {
        CelCompilerBuilder builder = compilerBuilder(without);
        variables.forEach(builder::addVar);
        Map<String, CelType> byName = new HashMap<>();
        types.forEach(type -> byName.put(type.name(), type));
        builder.setTypeProvider(new Types(ImmutableMap.copyOf(byName)));
        return new CelEnvironment(builder.build());
    }

    /** Looks types up by name. */
    private record Types(ImmutableMap<String, CelType> byName) implements CelTypeProvider {
        @Override
        public ImmutableCollection<CelType> types() {
            return byName.values();
        }

        @Override
        public Optional<CelType> findType(String name) {
            return Optional.ofNullable(byName.get(name));
        }
    }

    /**
     * Compiles an expression.
     *
     * @param result the type that it must have; {@link SimpleType#DYN} for any
     * @throws CelProblem with position and cause
     */
    public CelExpression compile(String expression, CelType result) {
        try {
            CelAbstractSyntaxTree tree = compiler.compile(expression).getAst();
            Literals.check(tree);
            CelType actual = tree.getResultType();
            boolean fits = result.equals(SimpleType.DYN) || actual.equals(SimpleType.DYN) || actual.equals(result);
            if (!fits) {
                throw new CelProblem(CelProblem.Kind.COMPILATION, "must evaluate to " + result.name());
            }
            return new CelExpression(Shared.RUNTIME.createProgram(tree), tree);
        } catch (CelValidationException | CelEvaluationException e) {
            throw new CelProblem(CelProblem.Kind.COMPILATION, "compilation failed: " + e.getMessage());
        }
    }

    private static CelCompilerBuilder compilerBuilder(Set<String> without) {
        return CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(OPTIONS)
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addLibraries(
                        CelExtensions.bindings(),
                        CelExtensions.strings(),
                        CelExtensions.sets(OPTIONS),
                        CelExtensions.lists(),
                        CelExtensions.comprehensions(),
                        CelExtensions.optional())
                .addFunctionDeclarations(Shared.FUNCTIONS.declarations().stream()
                        .filter(function -> !without.contains(function.name()))
                        .toList());
    }

    /** What all environments share; initialised with the first expression. */
    private static final class Shared {
        static final Functions FUNCTIONS = Functions.kubernetes();
        static final CelRuntime RUNTIME = CelRuntimeFactory.legacyCelRuntimeBuilder()
                .setOptions(OPTIONS)
                .addLibraries(
                        CelExtensions.strings(),
                        CelExtensions.sets(OPTIONS),
                        CelExtensions.lists(),
                        CelExtensions.comprehensions(),
                        CelExtensions.optional())
                .setStandardEnvironmentEnabled(false)
                .setStandardFunctions(Operators.standard())
                .addFunctionBindings(FUNCTIONS.bindings())
                .addFunctionBindings(Operators.bindings(OPTIONS))
                .build();
    }
}
