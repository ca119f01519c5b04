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

/**
 * Unpacks native libraries from the class path once, into a folder that all replicas share.
 *
 * <p>Left to themselves, the bindings unpack tens of megabytes into the temporary folder at each start, under a name of
 * their own that a killed process leaves behind, or under a fixed name that two processes overwrite under each other.
 */
public final class NativeLibraries {
    private NativeLibraries() {}

    /**
     * The folder that holds the libraries.
     *
     * @param cache folder for all unpacked libraries
     * @param name of the library and its version; a new version gets its own folder
     * @param resources class path names; only the last part becomes the file's name
     */
    public static Path unpack(Path cache, String name, List<String> resources) {
        Path folder = cache.resolve(name);
        try {
            Files.createDirectories(folder);
            for (String resource : resources) {
                Path file = folder.resolve(resource.substring(resource.lastIndexOf('/') + 1));
                if (!Files.isRegularFile(file)) {
                    copy(resource, file);
                }
            }
        } catch (IOException e) {
            throw new EngineException(
                    Code.SYSTEM,
                    "Cannot unpack the native library " + name + " into " + folder + ": " + e
                            + ". Make the folder writable, make room, or name another one with --native-cache.",
                    e);
        }
        return folder;
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
