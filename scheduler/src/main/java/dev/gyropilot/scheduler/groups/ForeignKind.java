package dev.gyropilot.scheduler.groups;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;

/** The kinds of other systems that describe gangs and queues; each is watched where the API serves it. */
public enum ForeignKind {
    SCHEDULING_POD_GROUP("scheduling.k8s.io", "v1beta1", "PodGroup", "podgroups", true, false),
    VOLCANO_POD_GROUP("scheduling.volcano.sh", "v1beta1", "PodGroup", "podgroups", true, false),
    KAI_POD_GROUP("scheduling.run.ai", "v2alpha2", "PodGroup", "podgroups", true, false),
    JOB_SET("jobset.x-k8s.io", "v1alpha2", "JobSet", "jobsets", true, false),
    VOLCANO_QUEUE("scheduling.volcano.sh", "v1beta1", "Queue", "queues", false, true),
    KUEUE_CLUSTER_QUEUE("kueue.x-k8s.io", "v1beta1", "ClusterQueue", "clusterqueues", false, true),
    KUEUE_LOCAL_QUEUE("kueue.x-k8s.io", "v1beta1", "LocalQueue", "localqueues", true, true),
    KAI_QUEUE("scheduling.run.ai", "v2", "Queue", "queues", false, true);

    private final String group;
    private final String version;
    private final String kind;
    private final String plural;
    private final boolean namespaced;
    private final boolean queue;

    ForeignKind(String group, String version, String kind, String plural, boolean namespaced, boolean queue) {
        this.group = group;
        this.version = version;
        this.kind = kind;
        this.plural = plural;
        this.namespaced = namespaced;
        this.queue = queue;
    }

    public String apiVersion() {
        return group + "/" + version;
    }

    public String version() {
        return version;
    }

    public String kind() {
        return kind;
    }

    /** The name of its resource definition, where it has one. */
    public String definition() {
        return plural + "." + group;
    }

    /** Whether it describes a queue; else a gang. */
    public boolean isQueue() {
        return queue;
    }

    public String key(String namespace, String name) {
        return GroupKey.of(group, kind, namespace, name);
    }

    /** For the client. */
    public ResourceDefinitionContext context() {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(version)
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(namespaced)
                .build();
    }
}
