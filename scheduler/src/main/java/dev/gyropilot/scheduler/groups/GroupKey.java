package dev.gyropilot.scheduler.groups;

/** Names of the objects that describe gangs and queues, unique over all kinds. */
public final class GroupKey {
    private GroupKey() {}

    /** Such as {@code scheduling.volcano.sh/PodGroup/default/train}. */
    public static String of(String apiGroup, String kind, String namespace, String name) {
        return apiGroup + "/" + kind + "/" + namespace + "/" + name;
    }

    /** The kind and name, for messages. */
    public static String text(String key) {
        String[] parts = key.split("/", 4);
        return parts[1] + " " + parts[3] + " (" + parts[0] + ")";
    }
}
