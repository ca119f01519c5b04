package dev.gyropilot.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The schema of one value. Immutable from outside; references are resolved lazily, so that recursive types are possible. */
public interface Schema {
    /** {@code object}, {@code array}, {@code string}, {@code integer}, {@code number}, {@code boolean}, or empty for any. */
    String type();

    /** Named properties of an object, in the order of the document. */
    Map<String, Schema> properties();

    /** Schema of the values of a map; null when other keys than the properties are not allowed. */
    @Nullable
    Schema additionalProperties();

    /** Schema of an array's items; null when the type is not array. */
    @Nullable
    Schema items();

    /** {@code atomic}, {@code set} or {@code map}; arrays without a mark are {@code atomic}. */
    String listType();

    /** The keys of a {@code map} list. */
    List<String> listMapKeys();

    /** {@code granular} or {@code atomic}. */
    String mapType();

    /** {@code x-kubernetes-patch-strategy}, a set of {@code merge}, {@code replace}, {@code retainKeys}; empty for none. */
    Set<String> patchStrategy();

    /** {@code x-kubernetes-patch-merge-key}, empty for none. */
    String patchMergeKey();

    Set<String> required();

    /** The default, or null. */
    @Nullable
    JsonNode defaultValue();

    String format();

    boolean nullable();

    boolean intOrString();

    boolean preserveUnknownFields();

    boolean embeddedResource();
}
