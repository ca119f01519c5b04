package dev.gyropilot.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The data directory: everything that Gyropilot keeps. Deleting it is a clean uninstall. */
final class Home {
    static final String VARIABLE = "GYROPILOT_HOME";
    private static final String MARKER = "gyropilot-data";

    /** What may lie there before the first start: what the launcher keeps, and settings written for it. */
    private static final Set<String> BEFOREHAND = Set.of("cache", "config.yaml", "node.yaml");

    private final Path directory;

    Home(Path directory) {
        this.directory = directory.toAbsolutePath().normalize();
    }

    /** As {@value #VARIABLE} says, else {@code ~/.gyropilot}. */
    static Home fromEnvironment() {
        String configured = System.getenv(VARIABLE);
        return new Home(
                configured == null || configured.isEmpty() ? Path.of(userHome(), ".gyropilot") : Path.of(configured));
    }

    /** As the shell sees it: the JVM takes its own from the password file. */
    private static String userHome() {
        String home = System.getenv("HOME");
        return home == null || home.isEmpty() ? System.getProperty("user.home") : home;
    }

    Path directory() {
        return directory;
    }

    Path kubeconfig() {
        return directory.resolve("kubeconfig");
    }

    Path apiKeyFile() {
        return directory.resolve("api-key");
    }

    Path log() {
        return directory.resolve("logs").resolve("gyropilot.log");
    }

    Path models() {
        return directory.resolve("models");
    }

    /** What the scheduler saw and decided. */
    Path decisions() {
        return directory.resolve("decisions");
    }

    Path runFile() {
        return directory.resolve("run.json");
    }

    /** Makes the directory, or checks that it is one of ours and can be written. */
    void prepare() {
        try {
            if (Files.exists(directory) && !Files.isDirectory(directory)) {
                throw new CliError(
                        "the data directory " + directory + " is a file",
                        "Set " + VARIABLE + " to a folder, or move that file away.");
            }
            Files.createDirectories(directory);
            Path marker = directory.resolve(MARKER);
            if (!Files.exists(marker)) {
                try (Stream<Path> entries = Files.list(directory)) {
                    Optional<Path> stranger = entries.filter(entry ->
                                    !BEFOREHAND.contains(entry.getFileName().toString()))
                            .findFirst();
                    if (stranger.isPresent()) {
                        throw new CliError(
                                "the folder " + directory + " was not made by Gyropilot: it holds "
                                        + stranger.get().getFileName(),
                                "Set " + VARIABLE + " to an empty or absent folder; nothing was changed.");
                    }
                }
                restrict(directory, "rwx------");
                Files.writeString(marker, "1\n");
            }
            Path probe = Files.createTempFile(directory, ".write", null);
            Files.writeString(probe, "probe");
            Files.delete(probe);
            Files.createDirectories(directory.resolve("logs"));
            Files.createDirectories(models());
        } catch (IOException | ReadOnlyFileSystemException e) {
            throw unusable(e);
        }
    }

    /** Holds the directory for this process until it ends; a second holder is refused. */
    @SuppressWarnings("resource") // the lock lives as long as the process
    void lock() {
        try {
            FileChannel channel =
                    FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null;
            }
            if (lock == null) {
                channel.close();
                throw alreadyRunning();
            }
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    CliError alreadyRunning() {
        String who = runState().map(s -> " as process " + s.pid()).orElse("");
        return new CliError(
                "Gyropilot already runs on " + directory + who,
                "Use it as it is (gyro status), stop it (gyro down), or start another with " + VARIABLE
                        + "=/another/folder gyro up --api-port 0 --gateway-port 0.");
    }

    /** What the running Gyropilot of this directory wrote; empty when none runs. */
    Optional<RunState> runState() {
        try {
            RunState state = Json.json().readValue(Files.readString(runFile()), RunState.class);
            return state.process().isPresent() ? Optional.of(state) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The running Gyropilot of this directory, or an error that says how to start one. */
    RunState running() {
        return runState()
                .orElseThrow(() -> new CliError(
                        "Gyropilot is not running on " + directory,
                        "Start it with `gyro up`, or set " + VARIABLE + " to the folder it runs on."));
    }

    void writeRunState(RunState state) {
        try {
            writePrivately(runFile(), Json.json().writeValueAsString(state) + "\n");
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    void clearRunState() {
        try {
            Files.deleteIfExists(runFile());
        } catch (IOException e) {
            // A stale file does no harm: its process is checked by whoever reads it.
        }
    }

    /** The cluster that commands and clients of this directory speak to. */
    void writeKubeconfig(String text) {
        try {
            writePrivately(kubeconfig(), text);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** The gateway's API key of this installation, made at the first call. */
    String apiKey() {
        try {
            if (Files.exists(apiKeyFile())) {
                String key = Files.readString(apiKeyFile()).strip();
                if (!key.isEmpty()) {
                    return key;
                }
            }
            String key = ApiKeys.random();
            writePrivately(apiKeyFile(), key + "\n");
            return key;
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private static void writePrivately(Path file, String text) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
        Files.deleteIfExists(temporary);
        try {
            Files.createFile(
                    temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (UnsupportedOperationException e) {
            Files.createFile(temporary);
        }
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.write(StandardCharsets.UTF_8.encode(text));
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void restrict(Path path, String permissions) throws IOException {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        } catch (UnsupportedOperationException e) {
            // A file system without POSIX permissions: its own access rules hold.
        }
    }

    private CliError unusable(Exception e) {
        String why = switch (e) {
            case AccessDeniedException _, ReadOnlyFileSystemException _ -> "cannot be written";
            case NoSuchFileException _, FileAlreadyExistsException _ -> "cannot be made";
            case FileSystemException f when f.getReason() != null -> "cannot be used (" + f.getReason() + ")";
            default -> "cannot be used (" + e.getMessage() + ")";
        };
        return new CliError(
                "the data directory " + directory + " " + why,
                "Check its owner, its permissions and the free space (df " + directory + "), or set " + VARIABLE
                        + " to another folder.",
                e);
    }
}
