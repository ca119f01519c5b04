package dev.gyropilot.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.crd.CustomTypes;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.Collection;
import dev.gyropilot.apiserver.store.Event;
import dev.gyropilot.apiserver.store.ObjectKey;
import dev.gyropilot.apiserver.store.Store;
import dev.gyropilot.apiserver.store.StoreException;
import dev.gyropilot.apiserver.store.Stored;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the served custom kinds in step with the stored CustomResourceDefinitions: accepts their names, establishes them, and
 * when one is deleted removes its objects before it.
 */
public final class CustomDefinitions implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CustomDefinitions.class);
    private static final String GROUP = "apiextensions.k8s.io";
    private static final String PLURAL = "customresourcedefinitions";
    private static final String CLEANUP = "customresourcecleanup.apiextensions.k8s.io";
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Store store;
    private final Registry registry;
    private final InstantSource clock;
    private final Collection collection;
    private final Map<String, Served> served = new HashMap<>();
    private volatile Thread thread = Thread.currentThread();

    /** The types of a CRD as it was at a generation. */
    private record Served(long generation, List<ResourceType> types) {}

    public CustomDefinitions(Store store, Registry registry, InstantSource clock) {
        this.store = store;
        this.registry = registry;
        this.clock = clock;
        this.collection = store.collection(ObjectKey.collection(GROUP, PLURAL));
    }

    /** Serves what is stored, then follows the changes on a thread of its own. */
    public CustomDefinitions start() {
        long revision = collection.list("").revision();
        reconcile();
        thread = Thread.ofVirtual().name("custom-definitions").start(() -> follow(revision));
        return this;
    }

    /** The established definitions that serve a version of a group. */
    public List<ObjectNode> established(String group, String version) {
        List<ObjectNode> found = new ArrayList<>();
        for (ObjectNode crd : store.list(GROUP, PLURAL, "")) {
            if (crd.path("spec").path("group").asText().equals(group) && isTrue(crd, "Established")) {
                for (JsonNode each : crd.path("spec").path("versions")) {
                    if (each.path("name").asText().equals(version)
                            && each.path("served").asBoolean()) {
                        found.add(crd);
                    }
                }
            }
        }
        return found;
    }

    private void follow(long start) {
        long cursor = start;
        boolean again = false;
        try {
            while (!collection.closed()) {
                var _ = collection.awaitChange(cursor, again ? RETRY_NANOS : Long.MAX_VALUE);
                cursor = newest(cursor);
                try {
                    again = !reconcile();
                } catch (StoreException e) {
                    log.debug("definitions changed meanwhile: {}", e.getMessage());
                    again = true;
                }
            }
        } catch (InterruptedException e) {
            log.debug("stopped");
        }
    }

    private long newest(long cursor) {
        try {
            List<Event> events = collection.changesAfter(cursor, Integer.MAX_VALUE);
            return events.isEmpty() ? cursor : events.getLast().revision();
        } catch (StoreException e) {
            return collection.list("").revision();
        }
    }

    /** One pass over all definitions; false when there is more to do later. */
    private synchronized boolean reconcile() {
        List<Stored> definitions = new ArrayList<>(collection.list("").objects());
        // Who came first keeps a contested name.
        definitions.sort(Comparator.comparing(stored ->
                stored.object().path("metadata").path("creationTimestamp").asText()));
        Set<String> names = new HashSet<>();
        List<ResourceType> types = new ArrayList<>();
        boolean done = true;
        for (Stored stored : definitions) {
            ObjectNode crd = stored.object();
            String conflict = conflict(crd, names);
            if (conflict.isEmpty()) {
                types.addAll(typesOf(stored));
            }
            if (crd.path("metadata").has("deletionTimestamp")) {
                done &= cleanUp(stored);
            } else {
                report(stored, conflict);
            }
        }
        served.keySet().retainAll(definitions.stream().map(s -> s.key().name()).toList());
        if (!types.equals(registry.all().stream().filter(ResourceType::custom).toList())) {
            registry.serveCustom(types);
        }
        return done;
    }

    private List<ResourceType> typesOf(Stored stored) {
        long generation = stored.object().path("metadata").path("generation").asLong();
        Served known = served.get(stored.key().name());
        if (known == null || known.generation() != generation) {
            known = new Served(generation, CustomTypes.of(stored.object()));
            served.put(stored.key().name(), known);
        }
        return known.types();
    }

    /** Takes the names of a definition; says which one is taken, or nothing. */
    private static String conflict(ObjectNode crd, Set<String> taken) {
        JsonNode wanted = crd.path("spec").path("names");
        String group = crd.path("spec").path("group").asText();
        List<String> mine = new ArrayList<>();
        mine.add(group + "/" + wanted.path("plural").asText());
        if (!wanted.path("singular").asText("").isEmpty()
                && !wanted.path("singular")
                        .asText()
                        .equals(wanted.path("plural").asText())) {
            mine.add(group + "/" + wanted.path("singular").asText());
        }
        wanted.path("shortNames").forEach(name -> mine.add(group + "/" + name.asText()));
        mine.add(group + "/kind/" + wanted.path("kind").asText());
        for (String name : mine) {
            if (taken.contains(name)) {
                return name.substring(name.lastIndexOf('/') + 1);
            }
        }
        taken.addAll(mine);
        return "";
    }

    private void report(Stored stored, String conflict) {
        ObjectNode crd = stored.object().deepCopy();
        ObjectNode status = crd.withObjectProperty("status");
        boolean accepted = conflict.isEmpty();
        condition(
                status,
                "NamesAccepted",
                accepted,
                accepted ? "NoConflicts" : "NameConflict",
                accepted ? "no conflicts found" : "\"" + conflict + "\" is already in use");
        boolean established = accepted || isTrue(stored.object(), "Established");
        condition(
                status,
                "Established",
                established,
                established ? "InitialNamesAccepted" : "NotAccepted",
                established ? "the initial names have been accepted" : "not all names are accepted");
        if (accepted) {
            status.set("acceptedNames", crd.path("spec").path("names").deepCopy());
        } else {
            status.withObjectProperty("acceptedNames").put("kind", "").put("plural", "");
        }
        if (!status.path("storedVersions").isArray()
                || status.path("storedVersions").isEmpty()) {
            ArrayNode storedVersions = status.putArray("storedVersions");
            for (JsonNode version : crd.path("spec").path("versions")) {
                if (version.path("storage").asBoolean()) {
                    storedVersions.add(version.path("name").asText());
                }
            }
        }
        if (!crd.equals(stored.object())) {
            store.replace(stored, crd);
        }
    }

    private void condition(ObjectNode status, String type, boolean value, String reason, String message) {
        ArrayNode conditions = status.withArrayProperty("conditions");
        String wanted = value ? "True" : "False";
        ObjectNode condition = null;
        for (JsonNode each : conditions) {
            if (each.path("type").asText().equals(type)) {
                condition = (ObjectNode) each;
            }
        }
        if (condition == null) {
            condition = conditions.addObject().put("type", type);
        }
        if (!condition.path("status").asText().equals(wanted)) {
            condition.put(
                    "lastTransitionTime",
                    clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
        }
        condition.put("status", wanted).put("reason", reason).put("message", message);
    }

    /** Removes the objects of a definition that is being deleted, then the definition; false while some object stays. */
    private boolean cleanUp(Stored stored) {
        JsonNode spec = stored.object().path("spec");
        Collection objects = store.collection(ObjectKey.collection(
                spec.path("group").asText(), spec.path("names").path("plural").asText()));
        boolean empty = true;
        for (Stored object : objects.list("").objects()) {
            if (object.object().path("metadata").path("finalizers").isEmpty()) {
                store.delete(object);
            } else {
                empty = false;
                markDeleted(object);
            }
        }
        if (!empty) {
            return false;
        }
        ObjectNode crd = stored.object().deepCopy();
        ArrayNode left = crd.arrayNode();
        crd.path("metadata").path("finalizers").forEach(finalizer -> {
            if (!finalizer.asText().equals(CLEANUP)) {
                left.add(finalizer);
            }
        });
        if (left.isEmpty()) {
            store.delete(stored);
        } else if (left.size() < crd.path("metadata").path("finalizers").size()) {
            crd.withObjectProperty("metadata").set("finalizers", left);
            store.replace(stored, crd);
        }
        return true;
    }

    private void markDeleted(Stored object) {
        if (!object.object().path("metadata").has("deletionTimestamp")) {
            ObjectNode marked = object.object().deepCopy();
            marked.withObjectProperty("metadata")
                    .put(
                            "deletionTimestamp",
                            clock.instant().truncatedTo(ChronoUnit.SECONDS).toString())
                    .put("deletionGracePeriodSeconds", 0);
            store.replace(object, marked);
        }
    }

    private static boolean isTrue(ObjectNode crd, String condition) {
        for (JsonNode each : crd.path("status").path("conditions")) {
            if (each.path("type").asText().equals(condition)) {
                return each.path("status").asText().equals("True");
            }
        }
        return false;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
