package dev.gyropilot.apiserver.controllers.garbage;

import dev.gyropilot.apiserver.controllers.Kinds.Kind;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Objects;

/** What garbage collection knows of an object. */
record Item(
        Kind kind,
        String namespace,
        String name,
        String uid,
        List<Owner> owners,
        List<String> finalizers,
        boolean deleting) {
    static final String FOREGROUND = "foregroundDeletion";
    static final String ORPHAN = "orphan";

    /** A reference to an owner. */
    record Owner(String apiVersion, String kind, String name, String uid, boolean blocks) {
        String group() {
            int slash = apiVersion.indexOf('/');
            return slash < 0 ? "" : apiVersion.substring(0, slash);
        }
    }

    static Item of(Kind kind, HasMetadata object) {
        ObjectMeta metadata = object.getMetadata();
        return new Item(
                kind,
                Objects.requireNonNullElse(metadata.getNamespace(), ""),
                metadata.getName(),
                metadata.getUid(),
                metadata.getOwnerReferences().stream()
                        .map(r -> new Owner(
                                r.getApiVersion(),
                                r.getKind(),
                                r.getName(),
                                r.getUid(),
                                Boolean.TRUE.equals(r.getBlockOwnerDeletion())))
                        .toList(),
                List.copyOf(metadata.getFinalizers()),
                metadata.getDeletionTimestamp() != null);
    }

    /** Whether it waits until its dependents are gone. */
    boolean waitsForDependents() {
        return deleting && finalizers.contains(FOREGROUND);
    }

    /** Whether it waits until its dependents are let loose. */
    boolean waitsForOrphaning() {
        return deleting && finalizers.contains(ORPHAN);
    }

    boolean isOwnedBy(String owner) {
        return owners.stream().anyMatch(o -> o.uid().equals(owner));
    }

    /** Whether its owner's foreground deletion has to wait for it. */
    boolean blocks(String owner) {
        return owners.stream().anyMatch(o -> o.uid().equals(owner) && o.blocks());
    }
}
