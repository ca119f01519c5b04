package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The Go type behind a value of a built-in kind. Upstream decodes JSON into these types and encodes them again, and so what
 * a client reads back is shaped by them: nulls vanish, empty values vanish where the field says so, quantities become
 * canonical.
 */
public sealed interface GoType {
    /** @param allowed the values of an enumeration, empty for any text */
    record Text(Set<String> allowed) implements GoType {}

    /** @param bits 32 or 64 */
    record Whole(int bits) implements GoType {}

    record Real() implements GoType {}

    record Bool() implements GoType {}

    /** Base64 in JSON. */
    record Bytes() implements GoType {}

    record Quantity() implements GoType {}

    record IntOrString() implements GoType {}

    /** @param micro with microseconds ({@code MicroTime}) */
    record Time(boolean micro) implements GoType {}

    /** Any JSON, kept as it came: {@code RawExtension}, {@code FieldsV1}, {@code JSON}. */
    record Any() implements GoType {}

    record ListOf(GoType item) implements GoType {}

    record MapOf(GoType value) implements GoType {}

    /**
     * A struct.
     *
     * @param name as in OpenAPI, such as {@code io.k8s.api.core.v1.Pod}
     * @param lazyFields in the order of the document; lazy, for types may contain themselves
     */
    record Struct(String name, Supplier<Map<String, Field>> lazyFields) implements GoType {
        public Map<String, Field> fields() {
            return lazyFields.get();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * A field of a struct.
     *
     * @param defaultValue what is there when nothing was said: the zero value of a field that Go always writes, or a real
     *     default
     * @param pointer whether a zero value differs from an absent one
     */
    record Field(String name, GoType type, @Nullable JsonNode defaultValue, boolean pointer, boolean required) {}
}
