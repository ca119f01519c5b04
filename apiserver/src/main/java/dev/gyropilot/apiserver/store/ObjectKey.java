package dev.gyropilot.apiserver.store;

/**
 * Where an object lives.
 *
 * @param collection {@code plural} or {@code plural.group} of the resource
 * @param namespace empty for cluster-scoped objects
 */
public record ObjectKey(String collection, String namespace, String name) {
    /** The place within the collection; objects are listed in this order. */
    String path() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }

    /** The name of the collection of a resource. */
    public static String collection(String group, String plural) {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    @Override
    public String toString() {
        return collection + " " + path();
    }
}
