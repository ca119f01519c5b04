package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.schema.JsonValues;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@code metadata.managedFields} and merges applied configurations. Stateless and thread-safe; one instance serves
 * all kinds. No argument is ever changed; results are new trees.
 *
 * <p>How the generic server uses it:
 *
 * <ul>
 *   <li><b>apply patch</b>: {@code next = apply(live, config, manager, force, type)}. With {@code live == null} the result
 *       is the object to create. The configuration needs {@code apiVersion} and {@code kind}; name and namespace are taken
 *       from it like any other field, so fill them in from the URL before. Nothing is defaulted here: afterwards run the
 *       strategy's defaults on the result.
 *   <li><b>create, update, every other patch</b>: {@code next = update(live, next, manager, type)} once the request's object
 *       is complete (defaults and pruning done), before admission and before the strategy sets what the server decides: what
 *       these add (cluster addresses, priorities, injected containers) nobody owns, as on a real server.
 *   <li><b>no-op</b>: when nothing changes, the result has live's managedFields with live's times, so that comparing
 *       {@code live} and the result (after the strategy has run) tells whether to write at all. When only the entries'
 *       times differ, {@link #sameButForTimes} says so.
 *   <li><b>scale</b>: {@link ScaleFields} translates the entries between a kind and its {@code autoscaling/v1 Scale}.
 * </ul>
 */
public final class FieldManager {
    /** More entries of updates than this are merged, the oldest first. */
    public static final int MAX_UPDATE_MANAGERS = 10;

    private static final String ANCIENT = "ancient-changes";
    private static final String BEFORE_FIRST_APPLY = "before-first-apply";

    /** Stands for the writer of an update until it is known whether it changed anything. */
    private static final Managed.Id CURRENT = new Managed.Id("current-operation", Managed.Operation.UPDATE, "", "");

    /** What nobody owns. */
    private static final FieldSet STRIPPED = FieldSet.of(
            "apiVersion",
            "kind",
            "metadata",
            "metadata.name",
            "metadata.namespace",
            "metadata.creationTimestamp",
            "metadata.selfLink",
            "metadata.uid",
            "metadata.clusterName",
            "metadata.generation",
            "metadata.managedFields",
            "metadata.resourceVersion");

    private final InstantSource clock;

    /**
     * Who writes.
     *
     * @param name the {@code fieldManager} parameter, or the User-Agent up to the first slash; empty becomes {@code unknown}
     * @param subresource empty for the main resource
     */
    public record Manager(String name, String subresource) {
        public Manager(String name) {
            this(name, "");
        }
    }

    public FieldManager(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Server-side apply.
     *
     * @param live the stored object in the request's version, or null when it does not exist
     * @param config the applied configuration
     * @throws ApiError 409 with all conflicts; 400 for a configuration with managedFields or of another version; 500 for one
     *     that does not fit the schema (the texts are those of Kubernetes)
     */
    public ObjectNode apply(
            @Nullable ObjectNode live, ObjectNode config, Manager me, boolean force, ResourceType type) {
        requireApplicable(config, type);
        ObjectNode before = live == null ? skeletonOf(type) : withoutManagedFields(live);
        Managed managed = decodeStored(live);
        if (managed.isEmpty() && live != null) {
            track(Skeleton.of(type), before, managed, new Manager(BEFORE_FIRST_APPLY, me.subresource()), type);
        }
        ObjectNode result;
        try {
            result = applyTracked(before, config, managed, me, force, type);
        } catch (Conflicts conflicts) {
            FieldSet allowed =
                    me.name().equals(LastApplied.KUBECTL) ? LastApplied.stillAsApplied(before, type) : new FieldSet();
            Map<Managed.Id, FieldSet> rest = conflicts.beyond(allowed);
            if (!rest.isEmpty()) {
                throw new Conflicts(rest).toApiError();
            }
            result = applyTracked(before, config, managed, me, true, type);
        }
        if (me.name().equals(LastApplied.KUBECTL)) {
            LastApplied.refresh(result, config);
        }
        return result;
    }

    private ObjectNode applyTracked(
            ObjectNode live, ObjectNode config, Managed stored, Manager me, boolean force, ResourceType type) {
        Managed managed = stored.copy();
        Managed.Id id = new Managed.Id(name(me), Managed.Operation.APPLY, "", me.subresource());
        ObjectNode next =
                updater(me, type).apply(live, config, managed, id, force).object();
        strip(managed, id);
        if (next != null) {
            managed.touch(id, now());
        }
        ObjectNode result = (next == null ? live : next).deepCopy();
        managed.writeTo(result);
        return result;
    }

    /**
     * Notes what a create, an update or a patch other than apply has changed.
     *
     * @param live the stored object in the request's version, or null on create
     * @param next the object as it shall be; managedFields sent by the client are honoured as Kubernetes does: none keeps
     *     the stored ones, {@code []} or {@code [{}]} clears them
     */
    public ObjectNode update(@Nullable ObjectNode live, ObjectNode next, Manager me, ResourceType type) {
        Managed managed = decodeForUpdate(live, next, me);
        ObjectNode result = withoutManagedFields(next);
        boolean create =
                live == null || live.path("metadata").path("uid").asText().isEmpty();
        if (managed.isEmpty() && !create) {
            return result;
        }
        ObjectNode before = live == null ? Skeleton.of(type) : withoutManagedFields(live);
        track(before, result, managed, me, type);
        managed.writeTo(result);
        return result;
    }

    /** Whether two objects are equal except for resourceVersion and the times of their managedFields. */
    public static boolean sameButForTimes(ObjectNode a, ObjectNode b) {
        return JsonValues.same(comparable(a), comparable(b));
    }

    private static ObjectNode comparable(ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        if (copy.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove("resourceVersion");
            metadata.path("managedFields").forEach(entry -> {
                if (entry instanceof ObjectNode fields) {
                    fields.remove("time");
                }
            });
        }
        return copy;
    }

    private static void requireApplicable(ObjectNode config, ResourceType type) {
        String version = config.path("apiVersion").asText();
        if (!version.equals(type.apiVersion())) {
            throw ApiError.badRequest("Incorrect version specified in apply patch. Specified patch version: " + version
                    + ", expected: " + type.apiVersion());
        }
        if (config.path("metadata").hasNonNull("managedFields")) {
            throw ApiError.badRequest("metadata.managedFields must be nil");
        }
        try {
            Typed.check(Shape.of(type.schema()), config, false);
        } catch (NotTyped e) {
            String group = type.group().isEmpty() ? "/" + type.version() : type.apiVersion();
            throw new ApiError(
                    500,
                    "",
                    "failed to create typed patch object ("
                            + config.path("metadata").path("namespace").asText() + "/"
                            + config.path("metadata").path("name").asText() + "; " + group + ", Kind=" + type.kind()
                            + "): " + e.getMessage(),
                    null);
        }
    }

    private static ObjectNode skeletonOf(ResourceType type) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("apiVersion", type.apiVersion())
                .put("kind", type.kind());
    }

    private static Managed decodeStored(@Nullable ObjectNode live) {
        try {
            return live == null
                    ? new Managed()
                    : Managed.decode(live.path("metadata").path("managedFields"));
        } catch (IllegalArgumentException e) {
            throw new ApiError(500, "", "failed to decode managed fields: " + e.getMessage(), null);
        }
    }

    private static Managed decodeForUpdate(@Nullable ObjectNode live, ObjectNode next, Manager me) {
        if (!me.subresource().isEmpty()) {
            return Managed.lenient(live);
        }
        JsonNode sent = next.path("metadata").path("managedFields");
        boolean cleared = sent.isArray()
                && (sent.isEmpty() || (sent.size() == 1 && sent.get(0).isEmpty()));
        if (cleared) {
            return new Managed();
        }
        Managed fromClient = Managed.lenient(next);
        return fromClient.isEmpty() ? Managed.lenient(live) : fromClient;
    }

    /** Credits the difference to the writer; its time changes only if there is one. */
    private void track(ObjectNode live, ObjectNode next, Managed managed, Manager me, ResourceType type) {
        updater(me, type).update(live, next, managed, CURRENT);
        strip(managed, CURRENT);
        Managed.Entry written = managed.entries().remove(CURRENT);
        if (written != null) {
            Managed.Id id = new Managed.Id(name(me), Managed.Operation.UPDATE, type.apiVersion(), me.subresource());
            managed.entries()
                    .merge(
                            id,
                            written,
                            (old, added) -> new Managed.Entry(old.fields().union(added.fields()), added.apiVersion()));
            managed.touch(id, now());
        }
        capUpdaters(managed);
    }

    private static void strip(Managed managed, Managed.Id id) {
        managed.entries().computeIfPresent(id, (key, entry) -> {
            FieldSet rest = entry.fields().difference(STRIPPED);
            return rest.isEmpty() ? null : new Managed.Entry(rest, entry.apiVersion());
        });
    }

    private static Updater updater(Manager me, ResourceType type) {
        Shape shape = Shape.of(type.schema());
        String group = type.group();
        FieldSet reset =
                FieldSet.of(type.strategy().resetFields(me.subresource()).toArray(String[]::new));
        return new Updater(type.apiVersion(), version -> group.equals(groupOf(version)) ? shape : null, reset);
    }

    private static String groupOf(String apiVersion) {
        int slash = apiVersion.indexOf('/');
        return slash < 0 ? "" : apiVersion.substring(0, slash);
    }

    /** Merges the oldest updates of each version until no more than the limit remain. */
    private static void capUpdaters(Managed managed) {
        List<Managed.Id> updaters = new ArrayList<>();
        managed.entries().keySet().stream()
                .filter(id -> id.operation() == Managed.Operation.UPDATE)
                .forEach(updaters::add);
        updaters.sort(Comparator.comparingLong((Managed.Id id) -> Managed.seconds(managed.time(id)))
                .thenComparing(Comparator.naturalOrder()));
        int left = updaters.size();
        Map<String, Managed.Id> firstOfVersion = new HashMap<>();
        for (Managed.Id id : updaters) {
            if (left <= MAX_UPDATE_MANAGERS) {
                return;
            }
            Managed.Entry entry = managed.entries().get(id);
            if (entry == null) {
                continue;
            }
            String version = entry.apiVersion();
            Managed.Id first = firstOfVersion.putIfAbsent(version, id);
            if (first == null) {
                continue;
            }
            Managed.Id bucket = new Managed.Id(ANCIENT, Managed.Operation.UPDATE, version, "");
            Managed.Entry old = managed.entries().get(bucket);
            if (old == null) {
                old = managed.entries().remove(first);
            }
            managed.entries().remove(id);
            FieldSet union = old == null ? entry.fields() : entry.fields().union(old.fields());
            managed.entries().put(bucket, new Managed.Entry(union, version));
            managed.touch(bucket, managed.time(id));
            left--;
        }
    }

    private static String name(Manager me) {
        return me.name().isEmpty() ? "unknown" : me.name();
    }

    private String now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static ObjectNode withoutManagedFields(ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        Managed.removeFrom(copy);
        return copy;
    }
}
