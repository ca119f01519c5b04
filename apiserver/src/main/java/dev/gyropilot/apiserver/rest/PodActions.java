package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.auth.ServiceAccountTokens;
import dev.gyropilot.apiserver.builtin.Selectors;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.store.Collection;
import dev.gyropilot.apiserver.store.StoreException;
import dev.gyropilot.apiserver.store.StoreException.Reason;
import dev.gyropilot.apiserver.store.Stored;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Binding a pod to a node, evicting it, and tokens for service accounts. */
final class PodActions {
    private static final Duration DEFAULT_TOKEN_LIFE = Duration.ofHours(1);

    private final Engine engine;
    private final Identities identities;
    private final Deletions deletions;

    PodActions(Engine engine, Identities identities, Deletions deletions) {
        this.engine = engine;
        this.identities = identities;
        this.deletions = deletions;
    }

    /** {@code pods/NAME/binding}, and {@code bindings} with the pod's name in the body. */
    void bind(Call call, ObjectNode binding) throws IOException {
        String pod = call.name().isEmpty() ? Meta.name(binding) : call.name();
        if (!Meta.name(binding).isEmpty() && !Meta.name(binding).equals(pod)) {
            throw ApiError.badRequest("name in URL does not match name in Binding object");
        }
        JsonNode target = binding.path("target");
        String node = target.path("name").asText("");
        String kind = target.path("kind").asText("");
        if (!kind.isEmpty() && !kind.equals("Node")) {
            throw invalidBinding(
                    pod,
                    FieldError.of(
                            FieldError.Type.NOT_SUPPORTED,
                            "target.kind",
                            '"' + kind + '"',
                            "supported values: \"Node\""));
        }
        if (node.isEmpty()) {
            throw invalidBinding(pod, FieldError.required("target.name", ""));
        }
        if (!WriteOptions.of(call, "CreateOptions", false).dryRun()) {
            change("pods", call.namespace(), pod, object -> assign(object, binding, node));
        }
        Answers.json(call.exchange(), 201, succeeded());
    }

    private void assign(ObjectNode pod, ObjectNode binding, String node) {
        String name = Meta.name(pod);
        String uid = Meta.uid(binding);
        String why = "";
        String assigned = pod.path("spec").path("nodeName").asText("");
        if (!uid.isEmpty() && !uid.equals(Meta.uid(pod))) {
            why = "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + Meta.uid(pod);
        } else if (Meta.deleting(pod)) {
            why = "pod " + name + " is being deleted, cannot be assigned to a host";
        } else if (!assigned.isEmpty()) {
            why = "pod " + name + " is already assigned to node \"" + assigned + "\"";
        } else if (!pod.path("spec").path("schedulingGates").isEmpty()) {
            why = "pod " + name + " has non-empty .spec.schedulingGates";
        }
        if (!why.isEmpty()) {
            throw ApiError.conflict("", "pods/binding", name, why);
        }
        pod.withObjectProperty("spec").put("nodeName", node);
        for (String field : List.of("annotations", "labels")) {
            if (binding.path("metadata").get(field) instanceof ObjectNode added) {
                Meta.of(pod).withObjectProperty(field).setAll(added);
            }
        }
        scheduled(pod);
    }

    private void scheduled(ObjectNode pod) {
        ArrayNode conditions = pod.withObjectProperty("status").withArrayProperty("conditions");
        for (int i = conditions.size() - 1; i >= 0; i--) {
            if (conditions.get(i).path("type").asText().equals("PodScheduled")) {
                conditions.remove(i);
            }
        }
        ObjectNode condition =
                conditions.addObject().put("type", "PodScheduled").put("status", "True");
        condition.putNull("lastProbeTime").put("lastTransitionTime", now());
        long generation = pod.path("metadata").path("generation").asLong(0);
        if (generation > 0) {
            condition.put("observedGeneration", generation);
        }
    }

    private static ApiError invalidBinding(String pod, FieldError error) {
        return ApiError.invalid("", "Binding", pod, List.of(error));
    }

    /** {@code pods/NAME/eviction}: a deletion that disruption budgets may refuse for now. */
    void evict(Call call, ObjectNode eviction) throws IOException {
        ObjectNode pod = engine.store().get("", "pods", call.namespace(), call.name());
        if (pod == null) {
            throw ApiError.notFound("", "pods", call.name());
        }
        Deletions.Options options = Deletions.Options.of(call, eviction.path("deleteOptions"));
        String phase = pod.path("status").path("phase").asText("");
        boolean runs = !phase.equals("Succeeded") && !phase.equals("Failed") && !phase.equals("Pending");
        if (runs && !Meta.deleting(pod)) {
            spendBudget(call, pod, options.dryRun());
        }
        deletions.delete(call, options);
        Answers.json(call.exchange(), 201, succeeded());
    }

    private void spendBudget(Call call, ObjectNode pod, boolean dryRun) {
        Map<String, String> labels = Meta.labels(pod);
        List<ObjectNode> budgets = engine.store().list("policy", "poddisruptionbudgets", call.namespace()).stream()
                .filter(budget -> Selectors.matches(budget.path("spec").path("selector"), labels))
                .toList();
        if (budgets.size() > 1) {
            throw new ApiError(
                    500,
                    "InternalError",
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                    null);
        }
        for (ObjectNode budget : budgets) {
            requireRoom(Meta.name(budget), budget);
            if (!dryRun) {
                change("poddisruptionbudgets.policy", call.namespace(), Meta.name(budget), object -> {
                    requireRoom(Meta.name(object), object);
                    ObjectNode status = object.withObjectProperty("status");
                    status.put(
                            "disruptionsAllowed",
                            status.path("disruptionsAllowed").asInt() - 1);
                    status.withObjectProperty("disruptedPods").put(Meta.name(pod), now());
                });
            }
        }
    }

    private static void requireRoom(String name, ObjectNode budget) {
        JsonNode status = budget.path("status");
        if (status.path("disruptionsAllowed").asInt(0) > 0) {
            return;
        }
        ObjectNode details = ApiError.details("", "", "");
        details.putArray("causes")
                .addObject()
                .put("reason", "DisruptionBudget")
                .put(
                        "message",
                        "The disruption budget " + name + " needs "
                                + status.path("desiredHealthy").asInt(0) + " healthy pods and has "
                                + status.path("currentHealthy").asInt(0) + " currently");
        throw new ApiError(
                429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", details);
    }

    /** {@code serviceaccounts/NAME/token}. */
    void token(Call call, ObjectNode request) throws IOException {
        ObjectNode account = engine.store().get("", "serviceaccounts", call.namespace(), call.name());
        if (account == null) {
            throw ApiError.notFound("", "serviceaccounts", call.name());
        }
        JsonNode spec = request.path("spec");
        long seconds = spec.path("expirationSeconds").asLong(DEFAULT_TOKEN_LIFE.toSeconds());
        if (seconds < 600) {
            throw ApiError.invalid(
                    "authentication.k8s.io",
                    "TokenRequest",
                    "",
                    List.of(FieldError.invalid(
                            "spec.expirationSeconds",
                            Long.toString(seconds),
                            "may not specify a duration less than 10 minutes")));
        }
        var token = identities
                .tokens()
                .issue(
                        call.namespace(),
                        call.name(),
                        Meta.uid(account),
                        WriteOptions.texts(spec.path("audiences")),
                        Duration.ofSeconds(seconds),
                        bound(call.namespace(), spec.path("boundObjectRef")));
        Meta.of(request)
                .put("name", call.name())
                .put("namespace", call.namespace())
                .put("creationTimestamp", now());
        request.withObjectProperty("spec").put("expirationSeconds", seconds);
        request.putObject("status")
                .put("token", token.text())
                .put("expirationTimestamp", token.expires().toString());
        Answers.json(call.exchange(), 201, request);
    }

    private ServiceAccountTokens.@Nullable Bound bound(String namespace, JsonNode reference) {
        if (!reference.isObject()) {
            return null;
        }
        String kind = reference.path("kind").asText();
        String name = reference.path("name").asText();
        String plural = switch (kind) {
            case "Pod" -> "pods";
            case "Secret" -> "secrets";
            case "Node" -> "nodes";
            default -> throw ApiError.badRequest("cannot bind token for serviceaccount to object type " + kind);
        };
        ObjectNode object = engine.store().get("", plural, kind.equals("Node") ? "" : namespace, name);
        if (object == null) {
            throw ApiError.notFound("", plural, name);
        }
        String uid = reference.path("uid").asText("");
        if (!uid.isEmpty() && !uid.equals(Meta.uid(object))) {
            throw ApiError.conflict(
                    "",
                    plural,
                    name,
                    "the UID in the bound object reference (" + uid
                            + ") does not match the UID in record. The object might"
                            + " have been deleted and then recreated");
        }
        return new ServiceAccountTokens.Bound(kind, name, Meta.uid(object));
    }

    /** Changes a stored object by the server's own hand; begins again when somebody else was quicker. */
    private void change(String collection, String namespace, String name, Consumer<ObjectNode> edit) {
        Collection objects = engine.store().collection(collection);
        while (true) {
            Stored stored = objects.get(namespace, name);
            if (stored == null) {
                throw ApiError.notFound("", collection, name);
            }
            ObjectNode next = stored.object().deepCopy();
            edit.accept(next);
            try {
                engine.store().replace(stored, next);
                return;
            } catch (StoreException e) {
                if (e.reason() != Reason.STALE) {
                    throw e;
                }
            }
        }
    }

    private static ObjectNode succeeded() {
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        return status.put("status", "Success").put("code", 201);
    }

    private String now() {
        return engine.clock().instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
