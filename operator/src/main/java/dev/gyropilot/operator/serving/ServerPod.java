package dev.gyropilot.operator.serving;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.serving.Engine;
import dev.gyropilot.api.serving.EngineSpec;
import dev.gyropilot.api.serving.EngineSpec.Health;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceSpec;
import dev.gyropilot.operator.OperatorConfig;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** The pod that runs one replica of a service: the engine's server, and before it the download of the model. */
final class ServerPod {
    static final String CLAIM = "devices";
    static final String SERVER = "server";
    private static final String MODELS_VOLUME = "models";
    private static final String SCRATCH_VOLUME = "scratch";
    private static final String MEMORY_VOLUME = "shared-memory";
    /** Where a user's word for a model hub is found, by the name that its tools use. */
    private static final String HUB_TOKEN = "HF_TOKEN";
    /** As whom our own image runs. */
    private static final long IMAGE_USER = 65_532;
    /** Unlike any folder of the machine: a node without mount namespaces replaces this path wherever it stands. */
    private static final String MODELS_PATH = "/var/gyropilot/models";

    private static final List<String> NODE_LOSS =
            List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");

    private static final int DEFAULT_STARTUP_SECONDS = 600;
    private static final int STARTUP_PERIOD_SECONDS = 1;
    private static final int READY_PERIOD_SECONDS = 2;
    private static final int LIVE_PERIOD_SECONDS = 10;
    private static final int PROBE_TIMEOUT_SECONDS = 2;
    /** A busy server answers late, and a restart would only add to its load: one that is silent for a minute hangs. */
    private static final int LIVE_TIMEOUT_SECONDS = 10;

    private static final int LIVE_FAILURES = 6;

    /** An engine's own drain time and a margin. */
    private static final long GRACE_SECONDS = 30;

    private final ModelServiceSpec wish;
    private final String name;
    private final ModelSource.Found model;
    private final EngineSpec engine;
    private final ServerResources resources;
    private final OperatorConfig config;

    ServerPod(ModelService service, ModelSource.Found model, Engine engine, OperatorConfig config) {
        this.wish = service.getSpec();
        this.name = service.getMetadata().getName();
        this.model = model;
        this.engine = engine.getSpec();
        this.resources = ServerResources.of(wish, this.engine);
        this.config = config;
    }

    PodSpec spec() {
        var pod = new PodSpecBuilder()
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withTerminationGracePeriodSeconds(GRACE_SECONDS)
                .withNodeSelector(wish.nodeSelector().isEmpty() ? null : wish.nodeSelector())
                .withTolerations(tolerations())
                .withNewSecurityContext()
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .withContainers(server());
        if (!config.schedulerName().isEmpty()) {
            pod.withSchedulerName(config.schedulerName());
        }
        if (!engine.pullSecrets().isEmpty()) {
            pod.withImagePullSecrets(
                    engine.pullSecrets().stream().map(LocalObjectReference::new).toList());
        }
        if (model.isFetched()) {
            pod.withInitContainers(fetch());
        }
        if (!model.isBuiltIn()) {
            pod.addToVolumes(models());
        }
        pod.addAllToVolumes(ofEngine());
        if (ownContainer() || (config.containers() && model.isFetched())) {
            pod.addNewVolume()
                    .withName(SCRATCH_VOLUME)
                    .withNewEmptyDir()
                    .endEmptyDir()
                    .endVolume();
        }
        if (config.containers()) {
            pod.withTopologySpreadConstraints(overNodes());
        }
        if (config.containers() && !config.modelsClaim().isEmpty()) {
            pod.editSecurityContext().withFsGroup(IMAGE_USER).endSecurityContext();
        }
        return pod.build();
    }

    /** Replicas of a revision go to different nodes where they can, so that one node's end is not that of the service. */
    private TopologySpreadConstraint overNodes() {
        return new TopologySpreadConstraintBuilder()
                .withTopologyKey("kubernetes.io/hostname")
                .withMaxSkew(1)
                .withWhenUnsatisfiable("ScheduleAnyway")
                .withMatchLabelKeys(Names.LABEL_REVISION)
                .withNewLabelSelector()
                .addToMatchLabels(Names.LABEL_MODEL_SERVICE, name)
                .endLabelSelector()
                .build();
    }

    /** As wished, and of a node that no longer answers its replicas go to another one sooner than a cluster's default. */
    private List<Toleration> tolerations() {
        var all = new ArrayList<>(wish.tolerations());
        if (config.containers()) {
            NODE_LOSS.stream()
                    .filter(key -> wish.tolerations().stream().noneMatch(t -> key.equals(t.getKey())))
                    .forEach(key -> all.add(new TolerationBuilder()
                            .withKey(key)
                            .withOperator("Exists")
                            .withEffect("NoExecute")
                            .withTolerationSeconds((long) config.nodeLossSeconds())
                            .build()));
        }
        return all;
    }

    /** The folders that the engine asks for: memory that its processes share, and what it writes to. */
    private List<Volume> ofEngine() {
        var volumes = new ArrayList<Volume>();
        if (engine.sharedMemory() != null) {
            volumes.add(new VolumeBuilder()
                    .withName(MEMORY_VOLUME)
                    .withNewEmptyDir()
                    .withMedium("Memory")
                    .withSizeLimit(engine.sharedMemory())
                    .endEmptyDir()
                    .build());
        }
        for (int i = 0; i < engine.writablePaths().size(); i++) {
            volumes.add(new VolumeBuilder()
                    .withName(writable(i))
                    .withNewEmptyDir()
                    .endEmptyDir()
                    .build());
        }
        return volumes;
    }

    private List<VolumeMount> mountsOfEngine() {
        var mounts = new ArrayList<VolumeMount>();
        if (engine.sharedMemory() != null) {
            mounts.add(mount(MEMORY_VOLUME, "/dev/shm"));
        }
        for (int i = 0; i < engine.writablePaths().size(); i++) {
            mounts.add(mount(writable(i), engine.writablePaths().get(i)));
        }
        return mounts;
    }

    private static String writable(int index) {
        return "writable-" + index;
    }

    /**
     * Where models lie: in their image, which the node keeps; fetched ones on a node of processes in its cache, else in the
     * claim, or with the pod.
     */
    private Volume models() {
        var volume = new VolumeBuilder().withName(MODELS_VOLUME);
        if (model.isImage()) {
            volume.withNewImage("IfNotPresent", model.image());
        } else if (!config.containers()) {
            volume.withNewHostPath(config.modelsDirectory(), "DirectoryOrCreate");
        } else if (config.modelsClaim().isEmpty()) {
            volume.withNewEmptyDir().endEmptyDir();
        } else {
            volume.withNewPersistentVolumeClaim(config.modelsClaim(), false);
        }
        return volume.build();
    }

    /** Whether the server is a container of our own image, of which we know that it needs nothing but a folder to write in. */
    private boolean ownContainer() {
        return config.containers() && expand(engine.image()).equals(config.enginesImage());
    }

    private static VolumeMount scratch() {
        return mount(SCRATCH_VOLUME, "/tmp");
    }

    private static VolumeMount mount(String volume, String path) {
        return new VolumeMountBuilder().withName(volume).withMountPath(path).build();
    }

    private Container server() {
        Health health = Objects.requireNonNullElseGet(engine.health(), () -> new Health(null, null, null));
        String ready = Objects.requireNonNullElse(health.readyPath(), "/health");
        String live = Objects.requireNonNullElse(health.livePath(), ready);
        int startup = Objects.requireNonNullElse(health.startupSeconds(), DEFAULT_STARTUP_SECONDS);
        var args = new ArrayList<>(engine.args());
        args.addAll(wish.args());
        var container = new ContainerBuilder()
                .withName(SERVER)
                .withImage(expand(engine.image()))
                .withCommand(engine.command().stream().map(this::expand).toList())
                .withArgs(args.stream().map(this::expand).toList())
                .withEnv(env())
                .addNewPort()
                .withName(Names.PORT_HTTP)
                .withContainerPort(engine.portOrDefault())
                .endPort()
                .withStartupProbe(probe(ready, STARTUP_PERIOD_SECONDS, PROBE_TIMEOUT_SECONDS, startup))
                .withReadinessProbe(probe(ready, READY_PERIOD_SECONDS, PROBE_TIMEOUT_SECONDS, 2))
                .withLivenessProbe(probe(live, LIVE_PERIOD_SECONDS, LIVE_TIMEOUT_SECONDS, LIVE_FAILURES))
                .withResources(resources.requirements())
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withSecurityContext(ownContainer() ? closed() : restricted());
        if (ownContainer()) {
            container.addToVolumeMounts(scratch());
        }
        container.addAllToVolumeMounts(mountsOfEngine());
        if (!model.isBuiltIn()) {
            container
                    .addNewVolumeMount()
                    .withName(MODELS_VOLUME)
                    .withMountPath(MODELS_PATH)
                    .withReadOnly(true)
                    .endVolumeMount();
        }
        return container.build();
    }

    private Container fetch() {
        var args = new ArrayList<>(
                List.of("fetch", "--uri=" + model.uri(), "--cache=" + MODELS_PATH, "--out=" + modelPath()));
        if (model.sha256() != null) {
            args.add("--sha256=" + model.sha256());
        }
        var container = new ContainerBuilder()
                .withName("fetch")
                .withImage(config.enginesImage())
                .withArgs(args)
                .addNewEnv()
                .withName("HF_ENDPOINT")
                .withValue(config.hub().toString())
                .endEnv()
                .addNewVolumeMount()
                .withName(MODELS_VOLUME)
                .withMountPath(MODELS_PATH)
                .endVolumeMount()
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withSecurityContext(config.containers() ? closed() : restricted());
        wish.env().stream().filter(e -> e.getName().equals(HUB_TOKEN)).forEach(container::addToEnv);
        if (config.containers()) {
            container.addToVolumeMounts(scratch());
        }
        return container.build();
    }

    private List<EnvVar> env() {
        var env = new ArrayList<EnvVar>();
        env.add(new EnvVarBuilder()
                .withName("POD_IP")
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath("status.podIP")
                .endFieldRef()
                .endValueFrom()
                .build());
        for (EnvVar own : engine.env()) {
            env.add(
                    own.getValue() == null
                            ? own
                            : new EnvVarBuilder(own)
                                    .withValue(expand(own.getValue()))
                                    .build());
        }
        env.removeIf(known -> wish.env().stream().anyMatch(w -> w.getName().equals(known.getName())));
        env.addAll(wish.env());
        return env;
    }

    private Probe probe(String path, int periodSeconds, int timeoutSeconds, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withNewPort(Names.PORT_HTTP)
                .endHttpGet()
                .withPeriodSeconds(periodSeconds)
                .withTimeoutSeconds(timeoutSeconds)
                .withFailureThreshold(failures)
                .build();
    }

    /** What the restricted pod security standard asks of a container; as which user it runs is the image's affair. */
    private static SecurityContext restricted() {
        return new SecurityContextBuilder()
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .build();
    }

    /** The same for our own image: no root, and nothing to write on but volumes. */
    private static SecurityContext closed() {
        return new SecurityContextBuilder(restricted())
                .withRunAsNonRoot(true)
                .withRunAsUser(IMAGE_USER)
                .withReadOnlyRootFilesystem(true)
                .build();
    }

    /** Pods find the model where its URI says, so that the path is known before it is there. */
    private String modelPath() {
        if (model.isImage()) {
            return model.pathInImage().isEmpty() ? MODELS_PATH : MODELS_PATH + "/" + model.pathInImage();
        }
        String file = model.uri().replaceFirst("[?#@].*$", "").replaceFirst("/+$", "");
        file = file.substring(file.lastIndexOf('/') + 1);
        String identity = model.uri() + " " + Objects.requireNonNullElse(model.sha256(), "");
        UUID key = UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8));
        return MODELS_PATH + "/by-uri/" + key + "/" + file;
    }

    /** Fills in what the operator knows; {@code $(POD_IP)} and the like are the node's to fill in. */
    private String expand(String text) {
        var values = Map.of(
                "MODEL_URI",
                model.isBuiltIn() ? model.uri() : "",
                "MODEL_PATH",
                model.isBuiltIn() ? "" : modelPath(),
                "MODEL_NAME",
                name,
                "DEVICE_COUNT",
                Integer.toString(resources.deviceCount()),
                "PORT",
                Integer.toString(engine.portOrDefault()),
                "ENGINES_IMAGE",
                config.enginesImage());
        String expanded = text;
        for (var value : values.entrySet()) {
            expanded = expanded.replace("$(" + value.getKey() + ")", value.getValue());
        }
        return expanded;
    }
}
