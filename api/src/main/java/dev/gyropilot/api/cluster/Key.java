package dev.gyropilot.api.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** Namespace and name of an object; the namespace of a cluster-scoped one is empty. */
public record Key(String namespace, String name) implements Comparable<Key> {
    /** The key of an object. */
    public static Key of(HasMetadata object) {
        String namespace = object.getMetadata().getNamespace();
        return new Key(namespace == null ? "" : namespace, object.getMetadata().getName());
    }

    /** The key as informers' stores use it. */
    public String cacheKey() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }

    @Override
    public int compareTo(Key other) {
        int byNamespace = namespace.compareTo(other.namespace);
        return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return cacheKey();
    }
}
