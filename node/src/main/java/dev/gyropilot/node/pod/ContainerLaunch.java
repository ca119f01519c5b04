package dev.gyropilot.node.pod;

import dev.gyropilot.node.image.Image;
import dev.gyropilot.node.pod.StartFailure.Reason;
import dev.gyropilot.node.process.ControlGroup;
import dev.gyropilot.node.process.Launch;
import dev.gyropilot.node.process.Limits;
import dev.gyropilot.node.process.Programs;
import dev.gyropilot.node.volume.Kubeconfig;
import dev.gyropilot.node.volume.MissingReference;
import dev.gyropilot.node.volume.PathRewrite;
import dev.gyropilot.node.volume.PodFields;
import dev.gyropilot.node.volume.PodFolders;
import dev.gyropilot.node.volume.PodVolumes;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecurityContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns a container's specification into a program to start. */
final class ContainerLaunch {
    private static final long PROCESS_LIMIT = 4096;

    private final NodeContext node;
    private final PodFolders folders;
    private final PodVolumes volumes;

    ContainerLaunch(NodeContext node, PodFolders folders, PodVolumes volumes) {
        this.node = node;
        this.folders = folders;
        this.volumes = volumes;
    }

    /** The program of a container, with all expanded; nothing is started. */
    Launch prepare(Container container, PodFields fields, ControlGroup group) throws StartFailure {
        rejectUnsupported(container);
        Image image = image(container);
        try {
            Map<String, String> declared = new Environment(node.references()).declared(image, container, fields);
            Map<String, Path> mounts = volumes.mount(container, text -> Expansion.expand(text, declared));
            var rewrite = new PathRewrite(mounts);
            var environment = environment(container, fields, declared, mounts, rewrite);
            List<String> words = image.words(container.getCommand(), container.getArgs()).stream()
                    .map(word -> rewrite.apply(Expansion.expand(word, declared)))
                    .toList();
            Path directory = workingDirectory(container, rewrite);
            if (words.isEmpty()) {
                throw new StartFailure(
                        Reason.RUN_ERROR,
                        "no command specified: the container gives none and the" + " entry of image "
                                + container.getImage() + " in " + node.images().file() + " has none");
            }
            if (Programs.find(words.getFirst(), directory, environment).isEmpty()) {
                throw new StartFailure(
                        Reason.RUN_ERROR,
                        "exec: \"" + words.getFirst()
                                + "\": executable file not found in $PATH of this machine; the container's first word must be"
                                + " a program that is installed here");
            }
            return new Launch(
                    words, environment, directory, group.joinFiles(), user(container, fields.pod()), rewrite::apply);
        } catch (MissingReference e) {
            throw new StartFailure(Reason.CONFIG_ERROR, e.text());
        } catch (IOException e) {
            throw new StartFailure(Reason.RUN_ERROR, "the container's files could not be made: " + e);
        }
    }

    /** The control group of one run of a container, with its limits. */
    ControlGroup group(Container container, String uid, int attempt) throws StartFailure {
        try {
            node.groups().group("pod" + uid, podLimits()).delegate();
            return node.groups().group(groupPath(container.getName(), uid, attempt), limits(container));
        } catch (IOException e) {
            throw new StartFailure(
                    Reason.RUN_ERROR,
                    "the limits of container " + container.getName() + " could not be set: " + e.getMessage());
        }
    }

    static String groupPath(String container, String uid, int attempt) {
        return "pod" + uid + "/" + container + "-" + attempt;
    }

    private static Limits podLimits() {
        return new Limits(1000, OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
    }

    private static Limits limits(Container container) {
        Map<String, Quantity> limits = Qos.limits(container);
        Map<String, Quantity> requests = Qos.requests(container);
        long cpu = Qos.millis(Qos.amount(requests.containsKey("cpu") ? requests : limits, "cpu"));
        long cpuLimit = Qos.millis(Qos.amount(limits, "cpu"));
        long memory = Qos.amount(limits, "memory").longValue();
        return new Limits(
                cpu,
                cpuLimit > 0 ? OptionalLong.of(cpuLimit) : OptionalLong.empty(),
                memory > 0 ? OptionalLong.of(memory) : OptionalLong.empty(),
                OptionalLong.of(PROCESS_LIMIT));
    }

    private Image image(Container container) throws StartFailure {
        try {
            return node.images()
                    .resolve(container.getImage())
                    .orElseThrow(() -> new StartFailure(
                            Reason.ERR_IMAGE_PULL, node.images().remedy(container.getImage())));
        } catch (IllegalArgumentException e) {
            throw new StartFailure(Reason.ERR_IMAGE_PULL, String.valueOf(e.getMessage()));
        }
    }

    private Map<String, String> environment(
            Container container,
            PodFields fields,
            Map<String, String> declared,
            Map<String, Path> mounts,
            PathRewrite rewrite)
            throws IOException {
        Path home = Files.createDirectories(folders.containerRoot(container.getName()));
        var environment = new LinkedHashMap<>(
                Environment.inherited(fields.pod().getMetadata().getName(), home.toString(), fields.podIp()));
        Path token = volumes.tokenFolder(mounts);
        if (token != null) {
            Kubeconfig.write(
                    folders.kubeconfig(),
                    node.cluster().client().getConfiguration(),
                    token.resolve("token"),
                    fields.pod().getMetadata().getNamespace());
            environment.put("KUBECONFIG", folders.kubeconfig().toString());
        }
        declared.forEach((name, value) -> environment.put(name, rewrite.apply(value)));
        return environment;
    }

    private Path workingDirectory(Container container, PathRewrite rewrite) throws StartFailure {
        String wanted = container.getWorkingDir();
        if (wanted == null || wanted.isEmpty()) {
            return folders.containerRoot(container.getName());
        }
        Path directory = Path.of(rewrite.apply(wanted));
        if (!Files.isDirectory(directory)) {
            throw new StartFailure(
                    Reason.RUN_ERROR,
                    "workingDir " + wanted
                            + " does not exist on this machine; mount a volume there or leave workingDir out");
        }
        return directory;
    }

    private Optional<Launch.User> user(Container container, Pod pod) throws StartFailure {
        SecurityContext own = container.getSecurityContext();
        PodSecurityContext common = pod.getSpec().getSecurityContext();
        Long uid = first(own == null ? null : own.getRunAsUser(), common == null ? null : common.getRunAsUser());
        Long gid = first(own == null ? null : own.getRunAsGroup(), common == null ? null : common.getRunAsGroup());
        Boolean ownNonRoot = own == null ? null : own.getRunAsNonRoot();
        boolean nonRoot =
                Boolean.TRUE.equals(ownNonRoot != null ? ownNonRoot : common == null ? null : common.getRunAsNonRoot());
        long self = selfUid();
        long effective = uid == null ? self : uid;
        if (nonRoot && effective == 0) {
            throw new StartFailure(
                    Reason.CONFIG_ERROR, "container has runAsNonRoot and would run as root; set runAsUser");
        }
        if (effective == self && gid == null) {
            return Optional.empty();
        }
        if (self != 0) {
            throw new StartFailure(
                    Reason.CONFIG_ERROR,
                    "runAsUser " + effective
                            + ": this node runs as user " + self + " and only root may start programs as another user;"
                            + " leave securityContext.runAsUser out");
        }
        return Optional.of(new Launch.User(effective, gid == null ? effective : gid));
    }

    private static void rejectUnsupported(Container container) throws StartFailure {
        boolean grpc = Stream.of(
                        container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
                .anyMatch(ContainerLaunch::isGrpc);
        if (grpc) {
            throw new StartFailure(
                    Reason.CONFIG_ERROR,
                    "container " + container.getName()
                            + " has a grpc probe, which this node does not run; use httpGet, tcpSocket or exec");
        }
    }

    private static boolean isGrpc(@Nullable Probe probe) {
        return probe != null && probe.getGrpc() != null;
    }

    private static long selfUid() {
        try {
            return ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
        } catch (IOException | UnsupportedOperationException e) {
            return "root".equals(System.getProperty("user.name")) ? 0 : 1;
        }
    }

    private static @Nullable Long first(@Nullable Long a, @Nullable Long b) {
        return a != null ? a : b;
    }
}
