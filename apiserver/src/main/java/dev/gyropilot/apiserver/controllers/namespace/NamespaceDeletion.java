package dev.gyropilot.apiserver.controllers.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.apiserver.controllers.Kinds;
import dev.gyropilot.apiserver.controllers.Kinds.Kind;
import dev.gyropilot.apiserver.controllers.Workspace;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NamespaceCondition;
import io.fabric8.kubernetes.api.model.NamespaceConditionBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** Empties a namespace that is being deleted, kind by kind, and lets it go when nothing is left. */
public final class NamespaceDeletion implements Reconciler {
    private static final int PARALLELISM = 4;
    private static final String FINALIZER = "kubernetes";

    /** Objects with finalizers or a grace period leave when they can; this often it is looked again. */
    private static final Duration NEXT_LOOK = Duration.ofMillis(500);

    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private final Workspace workspace;

    private NamespaceDeletion(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Registers what it watches. */
    public static Controller wire(Workspace workspace) {
        var controller = new Controller("namespace-deletion", PARALLELISM, new NamespaceDeletion(workspace));
        workspace
                .watch(Namespace.class)
                .addEventHandler(controller.handler(
                        n -> List.of(new Key("", n.getMetadata().getName()))));
        return controller;
    }

    /** What is left in a namespace: counts by resource and by finalizer, and what went wrong. */
    private record Left(Map<String, Integer> byResource, Map<String, Integer> byFinalizer, List<String> failures) {
        Left() {
            this(new TreeMap<>(), new TreeMap<>(), new ArrayList<>());
        }

        boolean isEmpty() {
            return byResource.isEmpty() && failures.isEmpty();
        }
    }

    @Override
    public Result reconcile(Key key) {
        Namespace namespace = workspace.get(Namespace.class, key).orElse(null);
        if (namespace == null
                || namespace.getMetadata().getDeletionTimestamp() == null
                || !namespace.getSpec().getFinalizers().contains(FINALIZER)) {
            return Result.done();
        }
        var left = new Left();
        List<Kind> kinds = Kinds.deletable(workspace.client()).stream()
                .filter(Kind::namespaced)
                .toList();
        for (Kind kind : kinds) {
            empty(kind, key.name(), left);
        }
        if (left.isEmpty()) {
            release(namespace);
            return Result.done();
        }
        report(namespace, left);
        return Result.after(NEXT_LOOK);
    }

    private void empty(Kind kind, String namespace, Left left) {
        String path = kind.path(namespace);
        try {
            List<JsonNode> before = list(path);
            if (before.isEmpty()) {
                return;
            }
            if (kind.verbs().contains("deletecollection")) {
                delete(path);
            } else {
                before.forEach(
                        item -> delete(path + "/" + item.at("/metadata/name").textValue()));
            }
            List<JsonNode> after = list(path);
            if (!after.isEmpty()) {
                left.byResource().put(kind.plural() + (kind.group().isEmpty() ? "" : "." + kind.group()), after.size());
                after.forEach(item -> item.at("/metadata/finalizers")
                        .forEach(f -> left.byFinalizer().merge(f.textValue(), 1, Integer::sum)));
            }
        } catch (KubernetesClientException e) {
            // A kind may vanish with its definition while we look.
            if (e.getCode() != 404 && e.getCode() != 405) {
                left.failures().add(kind.plural() + ": " + e.getMessage());
            }
        }
    }

    private List<JsonNode> list(String path) {
        String text = workspace.client().raw(path);
        if (text == null) {
            return List.of();
        }
        var items = new ArrayList<JsonNode>();
        JSON.unmarshal(text, JsonNode.class).path("items").forEach(items::add);
        return items;
    }

    private void delete(String path) {
        workspace
                .client()
                .raw(
                        path,
                        "DELETE",
                        Map.of("kind", "DeleteOptions", "apiVersion", "v1", "propagationPolicy", "Background"));
    }

    private void release(Namespace namespace) {
        var finalizers = new ArrayList<>(namespace.getSpec().getFinalizers());
        finalizers.remove(FINALIZER);
        Namespace released = new NamespaceBuilder(namespace)
                .withNewSpec()
                .withFinalizers(finalizers)
                .endSpec()
                .build();
        workspace
                .client()
                .raw("/api/v1/namespaces/" + namespace.getMetadata().getName() + "/finalize", "PUT", released);
    }

    private void report(Namespace namespace, Left left) {
        var conditions = new ArrayList<NamespaceCondition>();
        conditions.add(condition(
                namespace,
                "NamespaceDeletionDiscoveryFailure",
                false,
                "ResourcesDiscovered",
                "All resources successfully discovered"));
        conditions.add(condition(
                namespace,
                "NamespaceDeletionGroupVersionParsingFailure",
                false,
                "ParsedGroupVersions",
                "All legacy kube types successfully parsed"));
        boolean failed = !left.failures().isEmpty();
        conditions.add(condition(
                namespace,
                "NamespaceDeletionContentFailure",
                failed,
                failed ? "ContentDeletionFailed" : "ContentDeleted",
                failed
                        ? "Failed to delete all resource types, "
                                + left.failures().size() + " remaining: " + String.join(", ", left.failures())
                        : "All content successfully deleted, may be waiting on finalization"));
        boolean remaining = !left.byResource().isEmpty();
        conditions.add(condition(
                namespace,
                "NamespaceContentRemaining",
                remaining,
                remaining ? "SomeResourcesRemain" : "ContentRemoved",
                remaining
                        ? "Some resources are remaining: "
                                + join(left.byResource(), " has ", " resource instances", ", ")
                        : "All content successfully removed"));
        boolean finalizers = !left.byFinalizer().isEmpty();
        conditions.add(condition(
                namespace,
                "NamespaceFinalizersRemaining",
                finalizers,
                finalizers ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
                finalizers
                        ? "Some content in the namespace has finalizers remaining: "
                                + join(left.byFinalizer(), " in ", " resource instances", ", ")
                        : "All content-preserving finalizers finished"));
        if (!conditions.equals(namespace.getStatus().getConditions())) {
            workspace
                    .client()
                    .resource(new NamespaceBuilder(namespace)
                            .editStatus()
                            .withConditions(conditions)
                            .endStatus()
                            .build())
                    .updateStatus();
        }
    }

    private NamespaceCondition condition(
            Namespace namespace, String type, boolean status, String reason, String message) {
        String value = status ? "True" : "False";
        String since = namespace.getStatus().getConditions().stream()
                .filter(c -> c.getType().equals(type) && Objects.equals(c.getStatus(), value))
                .map(NamespaceCondition::getLastTransitionTime)
                .findFirst()
                .orElse(workspace.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return new NamespaceConditionBuilder()
                .withType(type)
                .withStatus(value)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .build();
    }

    private static String join(Map<String, Integer> counts, String between, String after, String separator) {
        Set<Map.Entry<String, Integer>> entries = counts.entrySet();
        return String.join(
                separator,
                entries.stream()
                        .map(e -> e.getKey() + between + e.getValue() + after)
                        .toList());
    }
}
