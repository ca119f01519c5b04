package dev.gyropilot.engines;

import dev.gyropilot.engines.EngineException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unpacks native libraries from the class path once, into a folder that all replicas share.
 *
 * <p>Left to themselves, the bindings unpack tens of megabytes into the temporary folder at each start, under a name of
 * their own that a killed process leaves behind, or under a fixed name that two processes overwrite under each other.
 */
public final class NativeLibraries {
    private static final Logger LOG = LoggerFactory.getLogger(NativeLibraries.class);

    private NativeLibraries() {}

    /**
     * The folder that holds the libraries: in the cache, or a temporary one where the cache cannot be written.
     *
     * @param cache folder for all unpacked libraries
     * @param name of the library and its version; a new version gets its own folder
     * @param resources class path names; only the last part becomes the file's name
     */
    public static Path unpack(Path cache, String name, List<String> resources) {
        try {
            return unpackInto(cache.resolve(name), resources);
        } catch (IOException e) {
            LOG.warn("{} is not writable ({}): native libraries go to a temporary folder", cache, e.toString());
        }
        try {
            Path folder = Files.createTempDirectory("gyropilot-native");
            folder.toFile().deleteOnExit();
            unpackInto(folder, resources);
            for (String resource : resources) {
                file(folder, resource).toFile().deleteOnExit();
            }
            return folder;
        } catch (IOException e) {
            throw new EngineException(
                    Code.SYSTEM,
                    "Cannot unpack the native library " + name + ": " + e + ". Make " + cache
                            + " or the temporary folder writable, make room, or name another place with --native-cache.",
                    e);
        }
    }

    private static Path unpackInto(Path folder, List<String> resources) throws IOException {
        Files.createDirectories(folder);
        for (String resource : resources) {
            Path file = file(folder, resource);
            if (!Files.isRegularFile(file)) {
                copy(resource, file);
            }
        }
        return folder;
    }

    private static Path file(Path folder, String resource) {
        return folder.resolve(resource.substring(resource.lastIndexOf('/') + 1));
    }

    private static void copy(String resource, Path file) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        Path part = Files.createTempFile(parent, file.getFileName().toString(), ".part");
        try (InputStream in = NativeLibraries.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new EngineException(
                        Code.SYSTEM,
                        "There is no native library for this system (" + System.getProperty("os.name") + " "
                                + System.getProperty("os.arch") + "): " + resource + " is not in the program.");
            }
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            try {
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Where libraries go when nobody says: below the data directory if one is named, else in the user's cache. */
    public static Path defaultCache() {
        String home = System.getenv("GYROPILOT_HOME");
        if (home != null && !home.isEmpty()) {
            return Path.of(home, "cache", "native");
        }
        return Path.of(System.getProperty("user.home"), ".gyropilot", "cache", "native");
    }

    /** This system as ONNX Runtime names it. */
    public static boolean isLinuxX64() {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return System.getProperty("os.name").startsWith("Linux") && (arch.equals("amd64") || arch.equals("x86_64"));
    }
}
