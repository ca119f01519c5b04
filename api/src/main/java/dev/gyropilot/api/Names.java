package dev.gyropilot.api;

/** The labels, annotations and other fixed names that the parts of Gyropilot agree on. */
public final class Names {
    public static final String GROUP = "gyropilot.dev";
    public static final String VERSION = "v1alpha1";

    /** The namespace of Gyropilot's own objects: API keys, leases, configuration. */
    public static final String SYSTEM_NAMESPACE = "gyropilot-system";

    /** Label of each object that belongs to a ModelService; the value is the service's name. */
    public static final String LABEL_MODEL_SERVICE = "gyropilot.dev/model-service";

    /** Label of each Deployment and pod of one revision of a ModelService; the value is the revision's hash. */
    public static final String LABEL_REVISION = "gyropilot.dev/revision";

    /** Label on nodes, pods and slices that are simulated; the value is {@code "true"}. */
    public static final String LABEL_SIMULATED = "gyropilot.dev/simulated";

    /**
     * Annotation that the gateway writes on a ModelService which may scale to zero: the time of the newest request
     * (RFC 3339). Written at once when the service is at zero, else at most every few seconds.
     */
    public static final String ANNOTATION_LAST_REQUEST = "gyropilot.dev/last-request-at";

    /** Annotation of what the operator applies: a hash of it, by which it knows after a restart what is as it shall be. */
    public static final String ANNOTATION_APPLIED = "gyropilot.dev/applied";

    /** Type of the Secrets that hold a gateway API key: {@code data.hash} is the lower-case hex SHA-256 of the key. */
    public static final String SECRET_TYPE_API_KEY = "gyropilot.dev/api-key";

    /** Name of the port on which a model server's container listens. */
    public static final String PORT_HTTP = "http";

    /** Where Gyropilot's images belong unless somebody says otherwise. */
    public static final String IMAGE_REPOSITORY = "ghcr.io/gyropilot";

    /** Image of Gyropilot's own engines; a process node resolves it to the running program itself. */
    public static final String ENGINES_IMAGE = IMAGE_REPOSITORY + "/engines";

    /** Label of a pod that belongs to a Queue; the value is the queue's name. */
    public static final String LABEL_QUEUE = "gyropilot.dev/queue";

    /** Label of the pods of one gang, which run together or not at all; the value is the gang's name. */
    public static final String LABEL_GANG = "gyropilot.dev/gang";

    /** Label of a gang's pods: how many of them must run together at least. */
    public static final String LABEL_GANG_SIZE = "gyropilot.dev/gang-size";

    /** Annotation of a gang's pods: node label keys, widest first, within one value of which all must run. */
    public static final String ANNOTATION_REQUIRED_TOPOLOGY = "gyropilot.dev/required-topology";

    /** Annotation of a gang's pods: node label keys, widest first, within one value of which all should run. */
    public static final String ANNOTATION_PREFERRED_TOPOLOGY = "gyropilot.dev/preferred-topology";

    /** Annotation of a pod: how many seconds it is expected to run. */
    public static final String ANNOTATION_EXPECTED_SECONDS = "gyropilot.dev/expected-seconds";

    /** Annotation of a pod: when it last saved its work (RFC 3339); what came after would be lost by stopping it. */
    public static final String ANNOTATION_LAST_CHECKPOINT = "gyropilot.dev/last-checkpoint";

    /** Label of a Node: how many GPUs it has. */
    public static final String LABEL_GPU_COUNT = "gyropilot.dev/gpu.count";

    /** Label of a Node: the product of its GPUs, or {@code mixed}. */
    public static final String LABEL_GPU_PRODUCT = "gyropilot.dev/gpu.product";

    /** Label of a Node: the memory of its smallest GPU, in MiB. */
    public static final String LABEL_GPU_MEMORY = "gyropilot.dev/gpu.memory";

    private Names() {}
}
