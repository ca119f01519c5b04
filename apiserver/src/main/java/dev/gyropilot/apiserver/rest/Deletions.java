package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.admission.Admission;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.StoreException;
import dev.gyropilot.apiserver.store.StoreException.Reason;
import dev.gyropilot.apiserver.store.Stored;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** delete and deletecollection: at once, or by a mark that finalizers or the node agent take away. */
final class Deletions {
    static final String FOREGROUND = "foregroundDeletion";
    static final String ORPHAN = "orphan";
    private static final String CRD_CLEANUP = "customresourcecleanup.apiextensions.k8s.io";
    private static final Set<String> POLICIES = Set.of("", "Background", "Foreground", "Orphan");
    private static final long DEFAULT_GRACE_SECONDS = 30;

    /**
     * What a client wants.
     *
     * @param graceSeconds null when not said
     * @param policy empty when not said
     */
    record Options(@Nullable Long graceSeconds, String policy, String uid, String resourceVersion, boolean dryRun) {
        static Options of(Call call) {
            return of(call, Bodies.options(call.exchange()));
        }

        static Options of(Call call, JsonNode body) {
            List<FieldError> errors = new ArrayList<>();
            List<String> dryRun = call.query().all("dryRun").isEmpty()
                    ? WriteOptions.texts(body.path("dryRun"))
                    : call.query().all("dryRun");
            String policy = text(call, body, "propagationPolicy");
            if (policy.isEmpty() && orphans(call, body)) {
                policy = "Orphan";
            }
            if (!POLICIES.contains(policy)) {
                errors.add(FieldError.of(
                        FieldError.Type.NOT_SUPPORTED,
                        "propagationPolicy",
                        '"' + policy + '"',
                        "supported values: \"Foreground\", \"Background\", \"Orphan\""));
            }
            boolean dry = WriteOptions.dryRun(dryRun, errors);
            if (!errors.isEmpty()) {
                throw ApiError.invalid("meta.k8s.io", "DeleteOptions", "", errors);
            }
            JsonNode preconditions = body.path("preconditions");
            return new Options(
                    grace(call, body),
                    policy,
                    preconditions.path("uid").asText(""),
                    preconditions.path("resourceVersion").asText(""),
                    dry);
        }

        private static boolean orphans(Call call, JsonNode body) {
            return body.path("orphanDependents").asBoolean(call.query().flag("orphanDependents"));
        }

        private static @Nullable Long grace(Call call, JsonNode body) {
            String parameter = call.query().text("gracePeriodSeconds");
            try {
                if (!parameter.isEmpty()) {
                    return Long.parseLong(parameter);
                }
            } catch (NumberFormatException e) {
                throw ApiError.badRequest("strconv.ParseInt: parsing \"" + parameter + "\": invalid syntax");
            }
            JsonNode grace = body.path("gracePeriodSeconds");
            return grace.isIntegralNumber() ? grace.asLong() : null;
        }

        private static String text(Call call, JsonNode body, String name) {
            String parameter = call.query().text(name);
            return parameter.isEmpty() ? body.path(name).asText("") : parameter;
        }
    }

    /** @param gone whether nothing is left; otherwise the object carries its mark */
    record Deleted(ObjectNode object, boolean gone) {}

    private final Engine engine;
    private final Reads reads;

    Deletions(Engine engine, Reads reads) {
        this.engine = engine;
        this.reads = reads;
    }

    Deleted delete(Call call, Options options) {
        return delete(call, call.namespace(), call.name(), options);
    }

    /** Deletes what the selectors of the request match and returns it as it was. */
    List<ObjectNode> deleteCollection(Call call, Options options) {
        List<ObjectNode> deleted = new ArrayList<>();
        for (Stored stored : reads.list(call).objects()) {
            try {
                delete(call, stored.key().namespace(), stored.key().name(), options);
                deleted.add(View.object(stored, call.type()));
            } catch (ApiError e) {
                if (e.code() != 404) {
                    throw e;
                }
            }
        }
        return deleted;
    }

    private Deleted delete(Call call, String namespace, String name, Options options) {
        ResourceType type = call.type();
        while (true) {
            Stored stored = reads.find(type, namespace, name);
            if (stored == null) {
                throw ApiError.notFound(type.group(), type.plural(), name);
            }
            try {
                return deleteOnce(call, stored, options);
            } catch (StoreException e) {
                if (e.reason() != Reason.STALE) {
                    throw e;
                }
            }
        }
    }

    private Deleted deleteOnce(Call call, Stored stored, Options options) {
        ResourceType type = call.type();
        ObjectNode before = View.object(stored, type);
        requirePreconditions(type, before, options);
        engine.admission()
                .admit(new Admission.Request("DELETE", call.attributes(), type, null, before, options.dryRun()));
        ObjectNode marked = before.deepCopy();
        long grace = graceSeconds(type, before, options);
        if (!Meta.deleting(before)) {
            finalizers(type, marked, options);
            mark(marked, grace);
            if (isNamespace(type)) {
                marked.withObjectProperty("status").put("phase", "Terminating");
            }
        } else if (grace
                < before.path("metadata").path("deletionGracePeriodSeconds").asLong(0)) {
            mark(marked, grace);
        }
        if (isOver(type, marked)) {
            if (!options.dryRun()) {
                engine.store().delete(stored);
            }
            return new Deleted(before, true);
        }
        if (options.dryRun() || View.same(before, marked)) {
            return new Deleted(marked, false);
        }
        return new Deleted(View.object(engine.store().replace(stored, marked), type), false);
    }

    /** Whether a marked object has nothing left that keeps it. */
    static boolean isOver(ResourceType type, ObjectNode object) {
        return Meta.deleting(object)
                && !Meta.hasFinalizers(object)
                && object.path("metadata").path("deletionGracePeriodSeconds").asLong(0) == 0
                && !(isNamespace(type)
                        && !object.path("spec").path("finalizers").isEmpty());
    }

    private void finalizers(ResourceType type, ObjectNode object, Options options) {
        switch (options.policy()) {
            case "Foreground" -> {
                Meta.removeFinalizer(object, ORPHAN);
                Meta.addFinalizer(object, FOREGROUND);
            }
            case "Orphan" -> {
                Meta.removeFinalizer(object, FOREGROUND);
                Meta.addFinalizer(object, ORPHAN);
            }
            case "Background" -> {
                Meta.removeFinalizer(object, FOREGROUND);
                Meta.removeFinalizer(object, ORPHAN);
            }
            default -> {
                // What the object itself asks for.
            }
        }
        if (isDefinition(type)) {
            Meta.addFinalizer(object, CRD_CLEANUP);
        }
    }

    private void mark(ObjectNode object, long grace) {
        ObjectNode metadata = Meta.of(object);
        metadata.put(
                "deletionTimestamp",
                engine.clock()
                        .instant()
                        .plusSeconds(grace)
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString());
        metadata.put("deletionGracePeriodSeconds", grace);
        if (metadata.path("generation").asLong(0) > 0) {
            metadata.put("generation", metadata.path("generation").asLong() + 1);
        }
    }

    /** Pods that run on a node are given time; everything else goes at once. */
    private static long graceSeconds(ResourceType type, ObjectNode object, Options options) {
        if (!type.kind().equals("Pod") || type.custom()) {
            return 0;
        }
        String phase = object.path("status").path("phase").asText("");
        boolean runs = !object.path("spec").path("nodeName").asText("").isEmpty()
                && !phase.equals("Succeeded")
                && !phase.equals("Failed");
        if (!runs) {
            return 0;
        }
        Long wanted = options.graceSeconds();
        if (wanted != null) {
            return Math.max(0, wanted);
        }
        return Meta.deleting(object)
                ? object.path("metadata").path("deletionGracePeriodSeconds").asLong(0)
                : object.path("spec").path("terminationGracePeriodSeconds").asLong(DEFAULT_GRACE_SECONDS);
    }

    private static void requirePreconditions(ResourceType type, ObjectNode object, Options options) {
        String text = "";
        if (!options.uid().isEmpty() && !options.uid().equals(Meta.uid(object))) {
            text = "the UID in the precondition (" + options.uid() + ") does not match the UID in record ("
                    + Meta.uid(object) + "). The object might have been deleted and then recreated";
        } else if (!options.resourceVersion().isEmpty()
                && !options.resourceVersion().equals(Meta.resourceVersion(object))) {
            text = "the ResourceVersion in the precondition (" + options.resourceVersion()
                    + ") does not match the ResourceVersion in record (" + Meta.resourceVersion(object)
                    + "). The object might have been modified";
        }
        if (!text.isEmpty()) {
            throw ApiError.conflict(type.group(), type.kind(), Meta.name(object), text);
        }
    }

    private static boolean isNamespace(ResourceType type) {
        return type.kind().equals("Namespace") && type.group().isEmpty();
    }

    private static boolean isDefinition(ResourceType type) {
        return type.kind().equals("CustomResourceDefinition") && !type.custom();
    }
}
