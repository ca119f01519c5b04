package dev.gyropilot.apiserver.fields;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@code metadata.managedFields} and merges applied configurations. Stateless and thread-safe; one instance serves
 * all kinds. No argument is ever changed; results are new trees (they may share nothing with the arguments).
 *
 * <p>How the generic server uses it:
 *
 * <ul>
 *   <li><b>apply patch</b>: {@code next = apply(live, config, manager, force, type)}. With {@code live == null} the result
 *       is the object to create. The configuration needs {@code apiVersion} and {@code kind}; name and namespace are taken
 *       from it like any other field, so fill them in from the URL before. Nothing is defaulted here: afterwards run the
 *       strategy's defaults on the result.
 *   <li><b>create, update, every other patch</b>: {@code next = update(live, next, manager, type)} once the request's object
 *       is complete (defaults and pruning done). Call it before mutating admission, and once more after it with {@code live}
 *       and the mutated object if admission changed something: what admission changes belongs to the requester.
 *   <li><b>no-op</b>: when nothing changes, the result has live's managedFields with live's times, so that comparing
 *       {@code live} and the result (after the strategy has run) tells whether to write at all. When only the entries'
 *       times differ, {@link #sameButForTimes} says so.
 *   <li><b>scale</b>: {@link ScaleFields} translates the entries between a kind and its {@code autoscaling/v1 Scale}.
 * </ul>
 */
public final class FieldManager {

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
        java.util.Objects.requireNonNull(clock);
    }

    /**
     * Server-side apply.
     *
     * @param live the stored object in the request's version, or null when it does not exist
     * @param config the applied configuration
     * @throws dev.gyropilot.apiserver.resource.ApiError 409 with all conflicts; 400 for a configuration with managedFields or
     *     of another version; 500 for one that does not fit the schema (the texts are those of Kubernetes)
     */
    public ObjectNode apply(
            @Nullable ObjectNode live, ObjectNode config, Manager me, boolean force, ResourceType type) {
        return config.deepCopy();
    }

    /**
     * Notes what a create, an update or a patch other than apply has changed.
     *
     * @param live the stored object in the request's version, or null on create
     * @param next the object as it shall be; managedFields sent by the client are honoured as Kubernetes does: none keeps
     *     the stored ones, {@code []} or {@code [{}]} clears them
     */
    public ObjectNode update(@Nullable ObjectNode live, ObjectNode next, Manager me, ResourceType type) {
        return next.deepCopy();
    }

    /** Whether two objects are equal except for resourceVersion and the times of their managedFields. */
    public static boolean sameButForTimes(ObjectNode a, ObjectNode b) {
        return a.equals(b);
    }
}
