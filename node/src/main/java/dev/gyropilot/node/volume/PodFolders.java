package dev.gyropilot.node.volume;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Where one pod's things lie below the node's data directory.
 *
 * @param root the pod's folder, named by its uid
 */
public record PodFolders(Path root) {
    /** The folders of a pod, made readable by the node's user only. */
    public static PodFolders create(Path pods, String uid) throws IOException {
        Path root = pods.resolve(uid);
        if (!Files.isDirectory(root)) {
            Files.createDirectories(pods);
            Files.createDirectory(
                    root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
        }
        return new PodFolders(root);
    }

    public Path record() {
        return root.resolve("record.json");
    }

    public Path volume(String name) {
        return root.resolve("volumes").resolve(name);
    }

    public Path kubeconfig() {
        return root.resolve("kubeconfig");
    }

    public Path container(String name) {
        return root.resolve("containers").resolve(name);
    }

    /** What a container sees as the paths of its volumes. */
    public Path containerRoot(String name) {
        return container(name).resolve("root");
    }

    public Path terminationLog(String name) {
        return container(name).resolve("termination-log");
    }

    public Path run(String container, int attempt) {
        return container(container).resolve("runs").resolve(Integer.toString(attempt));
    }

    /** Deletes a tree without following links. */
    public static void delete(Path tree) throws IOException {
        if (!Files.exists(tree, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
