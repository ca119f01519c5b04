package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.admission.Admission;
import dev.gyropilot.apiserver.fields.FieldManager;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.StoreException;
import dev.gyropilot.apiserver.store.StoreException.Reason;
import dev.gyropilot.apiserver.store.Stored;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The common path of all writes: from a wanted object to a stored one. */
final class Writes {
    private static final int GENERATED_CHARACTERS = 5;
    private static final int GENERATE_ATTEMPTS = 8;
    private static final int MAX_GENERATED_PREFIX = 58;
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int UPDATE_ATTEMPTS = 100;

    /**
     * The outcome of a write.
     *
     * @param removed whether the write took the last finalizer, so that the object is gone
     */
    record Written(ObjectNode object, boolean created, boolean removed) {}

    /** Makes the wanted object out of the stored one, which it must not change. */
    interface Change {
        ObjectNode from(ObjectNode before);
    }

    private final Engine engine;
    private final Reads reads;

    Writes(Engine engine, Reads reads) {
        this.engine = engine;
        this.reads = reads;
    }

    /**
     * Stores a new object.
     *
     * @param owned whether managedFields are complete already, as after an apply
     */
    Written create(Call call, ObjectNode object, WriteOptions options, boolean owned) {
        ResourceType type = call.type();
        if (!Meta.resourceVersion(object).isEmpty()) {
            throw new ApiError(500, "", "resourceVersion should not be set on objects to be created", null);
        }
        place(call, object);
        String prefix = Meta.text(object, "generateName");
        boolean generated = Meta.name(object).isEmpty() && !prefix.isEmpty();
        for (int attempt = 1; ; attempt++) {
            ObjectNode candidate = object.deepCopy();
            if (generated) {
                Meta.of(candidate).put("name", generatedName(prefix));
            }
            try {
                return createOnce(call, type, candidate, options, owned);
            } catch (StoreException e) {
                String name = Meta.name(candidate);
                if (e.reason() != Reason.EXISTS) {
                    throw e;
                }
                if (!generated) {
                    throw ApiError.alreadyExists(type.group(), type.plural(), name);
                }
                if (attempt == GENERATE_ATTEMPTS) {
                    ApiError exists = ApiError.alreadyExists(type.group(), type.plural(), name);
                    throw new ApiError(
                            exists.code(),
                            exists.reason(),
                            exists.getMessage() + ", the server was not able to generate a unique name for the object",
                            exists.details());
                }
            }
        }
    }

    private Written createOnce(Call call, ResourceType type, ObjectNode object, WriteOptions options, boolean owned) {
        ObjectNode metadata = Meta.of(object);
        metadata.remove(List.of("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"));
        metadata.put("uid", UUID.randomUUID().toString());
        metadata.put("creationTimestamp", now());
        Generations.onCreate(type, object);
        type.strategy().defaults(object);
        type.strategy().prepareForCreate(object);
        ObjectNode tracked = owned ? object : engine.fields().update(null, object, options.manager(), type);
        ObjectNode admitted = admit(call, "CREATE", tracked, null, options, true);
        List<FieldError> errors = new ArrayList<>(MetaRules.onCreate(admitted, type.custom()));
        if (!Meta.name(admitted).isEmpty()) {
            errors.addAll(type.strategy().validateCreate(admitted));
        }
        refuse(type, admitted, errors);
        type.strategy().warnings(admitted).forEach(call::warn);
        if (options.dryRun()) {
            if (reads.find(type, Meta.namespace(admitted), Meta.name(admitted)) != null) {
                throw ApiError.alreadyExists(type.group(), type.plural(), Meta.name(admitted));
            }
            return new Written(admitted, true, false);
        }
        Stored stored = engine.store().create(View.key(type, Meta.namespace(admitted), Meta.name(admitted)), admitted);
        return new Written(View.object(stored, type), true, false);
    }

    /**
     * Changes a stored object; begins again when somebody else was quicker, unless the client named a resourceVersion.
     *
     * @param owned whether the change keeps managedFields itself
     */
    Written update(Call call, WriteOptions options, boolean owned, Change change) {
        ResourceType type = call.type();
        for (int attempt = 1; ; attempt++) {
            Stored stored = reads.get(call);
            try {
                return updateOnce(call, type, stored, change.from(View.object(stored, type)), options, owned);
            } catch (StoreException e) {
                if (e.reason() != Reason.STALE || attempt == UPDATE_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private Written updateOnce(
            Call call, ResourceType type, Stored stored, ObjectNode wanted, WriteOptions options, boolean owned) {
        ObjectNode before = View.object(stored, type);
        String name = call.name();
        place(call, wanted);
        if (!Meta.name(wanted).equals(name)) {
            throw ApiError.badRequest("the name of the object (" + Meta.name(wanted)
                    + ") does not match the name on the URL (" + name + ")");
        }
        requirePreconditions(type, name, before, wanted);
        keepSystemFields(before, wanted);
        type.strategy().defaults(wanted);
        type.strategy().prepareForUpdate(before, wanted, call.subresource());
        Generations.onUpdate(type, before, wanted);
        ObjectNode tracked = owned ? wanted : engine.fields().update(before, wanted, options.manager(), type);
        ObjectNode admitted = admit(call, "UPDATE", tracked, before, options, owned);
        List<FieldError> errors = new ArrayList<>(MetaRules.onUpdate(before, admitted));
        errors.addAll(type.strategy().validateUpdate(before, admitted, call.subresource()));
        refuse(type, admitted, errors);
        type.strategy().warnings(admitted).forEach(call::warn);
        if (FieldManager.sameButForTimes(before, admitted) || View.same(before, admitted)) {
            return new Written(before, false, false);
        }
        if (Deletions.isOver(type, admitted)) {
            if (!options.dryRun()) {
                engine.store().delete(stored);
            }
            return new Written(admitted, false, true);
        }
        if (options.dryRun()) {
            return new Written(admitted, false, false);
        }
        return new Written(View.object(engine.store().replace(stored, admitted), type), false, false);
    }

    private static void requirePreconditions(ResourceType type, String name, ObjectNode before, ObjectNode wanted) {
        String uid = Meta.uid(wanted);
        if (!uid.isEmpty() && !uid.equals(Meta.uid(before))) {
            throw ApiError.conflict(
                    type.group(),
                    type.plural(),
                    name,
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + Meta.uid(before));
        }
        String version = Meta.resourceVersion(wanted);
        if ((version.isEmpty() || version.equals("0")) && !type.strategy().allowsUnconditionalUpdate()) {
            throw ApiError.invalid(
                    type.group(),
                    type.kind(),
                    name,
                    List.of(FieldError.invalid("metadata.resourceVersion", "0", "must be specified for an update")));
        }
        if (!version.isEmpty() && !version.equals("0") && !version.equals(Meta.resourceVersion(before))) {
            throw ApiError.conflict(
                    type.group(),
                    type.plural(),
                    name,
                    "the object has been modified; please apply your changes to the latest version and try again");
        }
    }

    private static void keepSystemFields(ObjectNode before, ObjectNode wanted) {
        ObjectNode metadata = Meta.of(wanted);
        for (String field : List.of(
                "uid",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generation",
                "resourceVersion",
                "generateName")) {
            var value = before.path("metadata").get(field);
            if (value == null) {
                metadata.remove(field);
            } else {
                metadata.set(field, value);
            }
        }
        metadata.remove("selfLink");
    }

    /** @param owned whether what admission adds belongs to nobody, as in an object that is created or applied */
    private ObjectNode admit(
            Call call,
            String operation,
            ObjectNode object,
            @Nullable ObjectNode before,
            WriteOptions options,
            boolean owned) {
        ObjectNode untouched = owned ? object : object.deepCopy();
        engine.admission()
                .admit(new Admission.Request(
                        operation, call.attributes(), call.type(), object, before, options.dryRun()));
        if (owned || View.same(untouched, object)) {
            return object;
        }
        // What admission changes belongs to the requester.
        return engine.fields().update(before, object, options.manager(), call.type());
    }

    /** Puts the object where the URL says. */
    private static void place(Call call, ObjectNode object) {
        ObjectNode metadata = Meta.of(object);
        if (!call.type().namespaced()) {
            metadata.remove("namespace");
            return;
        }
        String namespace = Meta.namespace(object);
        if (namespace.isEmpty()) {
            metadata.put("namespace", call.namespace());
        } else if (!namespace.equals(call.namespace())) {
            throw ApiError.badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    private static void refuse(ResourceType type, ObjectNode object, List<FieldError> errors) {
        if (!errors.isEmpty()) {
            throw ApiError.invalid(type.group(), type.kind(), Meta.name(object), errors);
        }
    }

    private String now() {
        return engine.clock().instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String generatedName(String prefix) {
        String base = prefix.length() > MAX_GENERATED_PREFIX ? prefix.substring(0, MAX_GENERATED_PREFIX) : prefix;
        StringBuilder name = new StringBuilder(base);
        for (int i = 0; i < GENERATED_CHARACTERS; i++) {
            name.append(ALPHABET.charAt(ThreadLocalRandom.current().nextInt(ALPHABET.length())));
        }
        return name.toString();
    }
}
