package dev.gyropilot.apiserver.resource;

import dev.gyropilot.apiserver.schema.Schema;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One kind as served in one version. Immutable; a changed CRD yields a new one.
 *
 * @param verbs of the main resource, as discovery lists them
 * @param subresources by name ({@code status}, {@code scale}, {@code log}…)
 * @param schema of the whole object
 * @param strategy what the kind adds to the generic create, update and delete
 * @param columns of its Table, without rows
 * @param custom whether a CRD defines it: no strategic merge, no protobuf
 */
public record ResourceType(
        String group,
        String version,
        String kind,
        String listKind,
        String plural,
        String singular,
        List<String> shortNames,
        List<String> categories,
        boolean namespaced,
        Set<String> verbs,
        Map<String, Subresource> subresources,
        Schema schema,
        Strategy strategy,
        List<Column> columns,
        boolean custom) {

    /** {@code v1} or {@code group/version}. */
    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** {@code plural} or {@code plural.group}, as error messages name it. */
    public String qualified() {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    /** A subresource: the kind of its body (which may be of another group, such as {@code autoscaling/v1 Scale}) and its verbs. */
    public record Subresource(String name, String group, String version, String kind, Set<String> verbs) {}

    /**
     * A column of the kind's Table.
     *
     * @param jsonPath where a custom resource's column takes its cell; empty for built-in kinds, whose cells are computed
     */
    public record Column(String name, String type, String format, String description, int priority, String jsonPath) {}
}
