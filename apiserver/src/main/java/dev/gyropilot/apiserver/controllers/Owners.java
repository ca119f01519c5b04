package dev.gyropilot.apiserver.controllers;

import dev.gyropilot.api.cluster.Key;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Owner references between workloads and what they control. */
public final class Owners {
    private Owners() {}

    /** The reference to the object's controller. */
    public static Optional<OwnerReference> controller(HasMetadata object) {
        for (OwnerReference reference : object.getMetadata().getOwnerReferences()) {
            if (Boolean.TRUE.equals(reference.getController())) {
                return Optional.of(reference);
            }
        }
        return Optional.empty();
    }

    /** The key of the object's controller when it is of that kind. */
    public static List<Key> controllerKey(HasMetadata object, String kind) {
        return controller(object)
                .filter(r -> r.getKind().equals(kind))
                .map(r -> List.of(
                        new Key(Objects.requireNonNullElse(object.getMetadata().getNamespace(), ""), r.getName())))
                .orElse(List.of());
    }

    /** Whether the owner controls the object. */
    public static boolean controls(HasMetadata owner, HasMetadata object) {
        return controller(object)
                .filter(r -> r.getUid().equals(owner.getMetadata().getUid()))
                .isPresent();
    }

    /** A reference that makes the owner the controller. */
    public static OwnerReference reference(HasMetadata owner) {
        return new OwnerReferenceBuilder()
                .withApiVersion(owner.getApiVersion())
                .withKind(owner.getKind())
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    /** The object's references with the owner's added. */
    public static List<OwnerReference> with(HasMetadata object, HasMetadata owner) {
        var references = new ArrayList<>(object.getMetadata().getOwnerReferences());
        references.removeIf(r -> r.getUid().equals(owner.getMetadata().getUid()));
        references.add(reference(owner));
        return references;
    }

    /** The object's references without the owner's. */
    public static List<OwnerReference> without(HasMetadata object, HasMetadata owner) {
        var references = new ArrayList<>(object.getMetadata().getOwnerReferences());
        references.removeIf(r -> r.getUid().equals(owner.getMetadata().getUid()));
        return references;
    }
}
