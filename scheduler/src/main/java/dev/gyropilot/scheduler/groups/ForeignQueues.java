package dev.gyropilot.scheduler.groups;

/** Names under which queues of other systems stand beside ours in one tree; no Queue of ours can have such a name. */
public final class ForeignQueues {
    private ForeignQueues() {}

    /** Whether a queue is another system's, and not one of our Queue objects. */
    public static boolean isForeign(String name) {
        return name.indexOf(':') >= 0;
    }

    /** A LocalQueue of Kueue. */
    public static String local(String namespace, String name) {
        return "kueue:" + namespace + "/" + name;
    }

    /** A ClusterQueue of Kueue. */
    public static String cluster(String name) {
        return "kueue:" + name;
    }

    /** A queue of Volcano. */
    public static String volcano(String name) {
        return "volcano:" + name;
    }

    /** A queue of KAI. */
    public static String kai(String name) {
        return "kai:" + name;
    }
}
