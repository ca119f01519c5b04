package dev.gyropilot.node.pod;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where logs lie: {@code NAMESPACE_NAME_UID/CONTAINER/ATTEMPT.log}, as kubelets lay them. */
public final class PodLogs {
    /** The log of the current run and of the one before are kept. */
    private static final int KEPT_RUNS = 2;

    private PodLogs() {}

    public static Path folder(Path logs, Pod pod) {
        var metadata = pod.getMetadata();
        return logs.resolve(metadata.getNamespace() + "_" + metadata.getName() + "_" + metadata.getUid());
    }

    public static Path file(Path logs, Pod pod, String container, int attempt) {
        return folder(logs, pod).resolve(container).resolve(attempt + ".log");
    }

    static void deleteOld(Path logs, Pod pod, String container, int attempt) throws IOException {
        Path folder = folder(logs, pod).resolve(container);
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                int dot = name.indexOf('.');
                if (dot > 0
                        && name.substring(0, dot).chars().allMatch(Character::isDigit)
                        && Integer.parseInt(name.substring(0, dot)) <= attempt - KEPT_RUNS) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
