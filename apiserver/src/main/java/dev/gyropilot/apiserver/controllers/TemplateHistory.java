package dev.gyropilot.apiserver.controllers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The templates that a StatefulSet or DaemonSet has had, as ControllerRevisions: {@code kubectl rollout history} and
 * {@code undo} read them.
 */
public final class TemplateHistory {
    private static final KubernetesSerialization JSON = new KubernetesSerialization();
    private static final int HASH_DIGITS = 10;

    private final Workspace workspace;
    private final HasMetadata owner;

    public TemplateHistory(Workspace workspace, HasMetadata owner) {
        this.workspace = workspace;
        this.owner = owner;
    }

    /** The revision with this template, made or renumbered to be the newest. */
    public ControllerRevision newest(PodTemplateSpec template, Map<String, String> labels, Changes changes) {
        JsonNode data = data(template);
        List<ControllerRevision> all = all();
        long last =
                all.stream().mapToLong(ControllerRevision::getRevision).max().orElse(0);
        Optional<ControllerRevision> same =
                all.stream().filter(r -> tree(r.getData()).equals(data)).findFirst();
        if (same.isPresent()) {
            return same.get().getRevision() == last
                    ? same.get()
                    : changes.update(new ControllerRevisionBuilder(same.get())
                            .withRevision(last + 1)
                            .build());
        }
        String hash = UUID.nameUUIDFromBytes(data.toString().getBytes(StandardCharsets.UTF_8))
                .toString()
                .replace("-", "")
                .substring(0, HASH_DIGITS);
        return changes.create(new ControllerRevisionBuilder()
                .withNewMetadata()
                .withName(owner.getMetadata().getName() + "-" + hash)
                .withNamespace(owner.getMetadata().getNamespace())
                .withLabels(labels)
                .withOwnerReferences(Owners.reference(owner))
                .endMetadata()
                .withRevision(last + 1)
                .withData(JSON.convertValue(data, Map.class))
                .build());
    }

    /** The template of a revision, if it is still known. */
    public Optional<PodTemplateSpec> template(String revision) {
        return all().stream()
                .filter(r -> r.getMetadata().getName().equals(revision))
                .findFirst()
                .map(r -> tree(r.getData()).at("/spec/template"))
                .map(node -> JSON.convertValue(node, PodTemplateSpec.class));
    }

    /** Forgets the oldest revisions beyond the limit, except those in use. */
    public void prune(int limit, List<String> inUse, Changes changes) {
        List<ControllerRevision> unused = all().stream()
                .filter(r -> !inUse.contains(r.getMetadata().getName()))
                .sorted(Comparator.comparingLong(ControllerRevision::getRevision))
                .toList();
        unused.stream().limit(Math.max(0, unused.size() - limit)).forEach(changes::delete);
    }

    private List<ControllerRevision> all() {
        return workspace.controlledBy(ControllerRevision.class, owner);
    }

    /** A strategic merge patch that puts the template back as a whole. */
    private static JsonNode data(PodTemplateSpec template) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        ObjectNode node = (ObjectNode) tree(template);
        node.put("$patch", "replace");
        data.putObject("spec").set("template", node);
        return data;
    }

    /** By way of text, so that equal numbers are equal nodes, whatever Java type they had. */
    private static JsonNode tree(Object value) {
        return JSON.unmarshal(JSON.asJson(value), JsonNode.class);
    }
}
