package dev.gyropilot.node.volume;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The volumes of one pod as folders on this machine. */
public final class PodVolumes {
    private static final String TOKEN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

    private final PodFolders folders;
    private final VolumeFiles files;
    private final InstantSource clock;
    private final Map<String, Path> places = new HashMap<>();

    public PodVolumes(PodFolders folders, References references, InstantSource clock) {
        this.folders = folders;
        this.files = new VolumeFiles(references, new TokenCache(references, clock));
        this.clock = clock;
    }

    /** Makes all volumes of the pod. May be repeated; what is there is kept. */
    public void setUp(PodFields fields) throws IOException, MissingReference {
        for (Volume volume : fields.pod().getSpec().getVolumes()) {
            try {
                places.put(volume.getName(), place(volume, fields));
            } catch (MissingReference e) {
                throw new MissingReference(
                        "MountVolume.SetUp failed for volume \"" + volume.getName() + "\" : " + e.text());
            }
        }
    }

    /** Brings the volumes that mirror objects of the API up to date. */
    public void refresh(PodFields fields) throws IOException, MissingReference {
        for (Volume volume : fields.pod().getSpec().getVolumes()) {
            if (VolumeFiles.follows(volume)) {
                AtomicWriter.write(folders.volume(volume.getName()), files.of(volume, fields), clock.instant());
            }
        }
    }

    /** Whether the pod has volumes that must be refreshed. */
    public static boolean follow(PodFields fields) {
        return fields.pod().getSpec().getVolumes().stream().anyMatch(VolumeFiles::follows);
    }

    /**
     * Lays a container's mounts below its root folder.
     *
     * @param expand expands the variables of {@code subPathExpr}
     * @return from each mount path to the real one
     */
    public Map<String, Path> mount(Container container, UnaryOperator<String> expand)
            throws IOException, MissingReference {
        var result = new LinkedHashMap<String, Path>();
        Path root = Files.createDirectories(folders.containerRoot(container.getName()));
        var mounts = container.getVolumeMounts().stream()
                .sorted(java.util.Comparator.comparingInt(m -> m.getMountPath().length()))
                .toList();
        for (VolumeMount mount : mounts) {
            Path target = target(mount, expand);
            boolean nested =
                    result.keySet().stream().anyMatch(p -> mount.getMountPath().startsWith(withSlash(p)));
            // A link inside another mount would show up in that volume, so a nested mount is used where it really is.
            result.put(mount.getMountPath(), nested ? target : link(root, mount.getMountPath(), target));
        }
        Path termination = folders.terminationLog(container.getName());
        if (!Files.exists(termination)) {
            Files.createFile(termination);
        }
        result.put(
                Objects.requireNonNullElse(container.getTerminationMessagePath(), "/dev/termination-log"), termination);
        return result;
    }

    /** The folder that holds the container's service account token; null when none is mounted. */
    public @Nullable Path tokenFolder(Map<String, Path> mounts) {
        Path folder = mounts.get(TOKEN_MOUNT);
        return folder != null && Files.exists(folder.resolve("token")) ? folder : null;
    }

    private Path target(VolumeMount mount, UnaryOperator<String> expand) throws IOException, MissingReference {
        Path volume = places.get(mount.getName());
        if (volume == null) {
            throw new MissingReference("volume \"" + mount.getName() + "\" of the mount " + mount.getMountPath()
                    + " is not among the pod's volumes");
        }
        String sub = mount.getSubPath() != null && !mount.getSubPath().isEmpty()
                ? mount.getSubPath()
                : mount.getSubPathExpr() == null ? "" : expand.apply(mount.getSubPathExpr());
        Path target = volume.resolve(sub).normalize();
        if (!target.startsWith(volume.normalize())) {
            throw new MissingReference("subPath \"" + sub + "\" of the mount " + mount.getMountPath()
                    + " leads out of its volume; use a path without ..");
        }
        if (!sub.isEmpty() && !Files.exists(target)) {
            Files.createDirectories(target);
        }
        return target;
    }

    private static Path link(Path root, String mountPath, Path target) throws IOException {
        Path link = root.resolve(mountPath.substring(1)).normalize();
        Files.createDirectories(link.getParent());
        if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
            return link;
        }
        if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
            PodFolders.delete(link);
        }
        return Files.createSymbolicLink(link, target);
    }

    private Path place(Volume volume, PodFields fields) throws IOException, MissingReference {
        Path folder = folders.volume(volume.getName());
        if (volume.getHostPath() != null) {
            return hostPath(volume.getHostPath());
        }
        if (volume.getEmptyDir() != null) {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
            return folder;
        }
        if (VolumeFiles.follows(volume)) {
            AtomicWriter.write(folder, files.of(volume, fields), clock.instant());
            return folder;
        }
        throw new MissingReference("its type is not supported on this node; use emptyDir, hostPath, configMap, secret,"
                + " projected or downwardAPI");
    }

    private static Path hostPath(HostPathVolumeSource source) throws IOException, MissingReference {
        Path path = Path.of(source.getPath());
        String type = Objects.requireNonNullElse(source.getType(), "");
        boolean fits = switch (type) {
            case "" -> true;
            case "DirectoryOrCreate" -> Files.isDirectory(Files.createDirectories(path));
            case "Directory" -> Files.isDirectory(path);
            case "FileOrCreate" -> Files.isRegularFile(path) || Files.isRegularFile(Files.createFile(path));
            case "File" -> Files.isRegularFile(path);
            case "Socket" -> mode(path) == 0140000;
            case "CharDevice" -> mode(path) == 0020000;
            case "BlockDevice" -> mode(path) == 0060000;
            default -> throw new MissingReference("hostPath type " + type + " is unknown");
        };
        if (!fits) {
            throw new MissingReference("hostPath type check failed: " + path + " is not a " + type);
        }
        return path;
    }

    private static int mode(Path path) throws IOException {
        return Files.exists(path) ? (int) Files.getAttribute(path, "unix:mode") & 0170000 : 0;
    }

    private static String withSlash(String path) {
        return path.endsWith("/") ? path : path + "/";
    }
}
