package dev.gyropilot.engines.fetch;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Files by the hash of their content.
 *
 * <pre>
 * blobs/sha256/HEX       the content, complete and checked; never changed
 * trees/sha256/HEX       folders of links to blobs, by the hash of their list of files; complete, never changed
 * index/HEX-OF-URI       which content a URI had, and its validators
 * partial/HEX-OF-URI     a download under way or cut, and beside it what it is a part of
 * locks/HEX-OF-URI       held while a URI is fetched, so that replicas fetch once
 * </pre>
 */
final class BlobCache {
    private final Path root;

    /**
     * What is known of a URI.
     *
     * @param sha256 of its content
     * @param etag the validator that came with it, empty when none
     */
    record Entry(String uri, String sha256, String etag, long size) {}

    BlobCache(Path root) {
        this.root = root;
        try {
            for (String folder : new String[] {"blobs/sha256", "trees/sha256", "index", "partial", "locks"}) {
                Files.createDirectories(root.resolve(folder));
            }
        } catch (IOException e) {
            throw new EngineException(
                    Code.SYSTEM,
                    "Cannot make the cache folder " + root + ": " + e + ". Make it writable or give another --cache.",
                    e);
        }
    }

    Path blob(String sha256) {
        return root.resolve("blobs/sha256").resolve(sha256);
    }

    /** The hash of a blob's content, which is its name. */
    static String sha256Of(Path blob) {
        return Objects.requireNonNull(blob.getFileName()).toString();
    }

    Path tree(String sha256) {
        return root.resolve("trees/sha256").resolve(sha256);
    }

    /** Whether that folder is there with all contents to which its links lead. */
    boolean hasTree(String sha256) throws IOException {
        Path tree = tree(sha256);
        if (!Files.isDirectory(tree)) {
            return false;
        }
        try (Stream<Path> links = Files.walk(tree)) {
            return links.allMatch(Files::exists);
        }
    }

    /**
     * Makes a folder of links to blobs, unless it is there.
     *
     * @param files from the path in the folder to the hash of the content
     */
    Path adoptTree(Map<String, String> files, String sha256) throws IOException {
        Path tree = tree(sha256);
        if (hasTree(sha256)) {
            return tree;
        }
        Path fresh = Files.createTempDirectory(root.resolve("partial"), "tree");
        for (var file : files.entrySet()) {
            Path link = tree.resolve(file.getKey());
            Path made = fresh.resolve(file.getKey());
            Files.createDirectories(Objects.requireNonNull(made.getParent()));
            // Relative, so that the cache may be mounted elsewhere.
            Path folder = Objects.requireNonNull(link.getParent());
            Files.createSymbolicLink(made, folder.relativize(blob(file.getValue())));
        }
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
        try {
            Files.move(fresh, tree, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // Another process was first, or contents had gone and are back by now: either way its links are these.
            if (!hasTree(sha256)) {
                throw e;
            }
            delete(fresh);
        }
        return tree;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> content = Files.walk(folder)) {
            for (Path path : content.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    Path partial(String uri) {
        return root.resolve("partial").resolve(key(uri));
    }

    Path partialState(String uri) {
        return root.resolve("partial").resolve(key(uri) + ".state");
    }

    /** Waits for other processes that fetch the same URI, and keeps them waiting until it is closed. */
    FileChannel lock(String uri, Runnable whenWaiting) throws IOException {
        FileChannel channel = FileChannel.open(
                root.resolve("locks").resolve(key(uri)), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            whenWaiting.run();
            var _ = channel.lock();
        }
        return channel;
    }

    Optional<Entry> find(String uri) throws IOException {
        Path file = root.resolve("index").resolve(key(uri));
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        Properties values = read(file);
        Entry entry = new Entry(
                uri,
                values.getProperty("sha256", ""),
                values.getProperty("etag", ""),
                Long.parseLong(values.getProperty("size", "-1")));
        Path blob = blob(entry.sha256);
        // A blob that is gone or was cut by a crash of the machine is as good as none.
        return Files.isRegularFile(blob) && Files.size(blob) == entry.size ? Optional.of(entry) : Optional.empty();
    }

    void remember(Entry entry) throws IOException {
        Properties values = new Properties();
        values.setProperty("uri", entry.uri);
        values.setProperty("sha256", entry.sha256);
        values.setProperty("etag", entry.etag);
        values.setProperty("size", Long.toString(entry.size));
        write(root.resolve("index").resolve(key(entry.uri)), values);
    }

    /** Makes a checked file a blob. */
    Path adopt(Path complete, String sha256) throws IOException {
        try (FileChannel channel = FileChannel.open(complete, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Path blob = blob(sha256);
        Files.move(complete, blob, StandardCopyOption.ATOMIC_MOVE);
        return blob;
    }

    static Properties read(Path file) throws IOException {
        Properties values = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            values.load(in);
        }
        return values;
    }

    static void write(Path file, Properties values) throws IOException {
        Path folder = Objects.requireNonNull(file.getParent());
        Path part = Files.createTempFile(folder, "entry", ".new");
        try (var out = Files.newBufferedWriter(part, StandardCharsets.UTF_8)) {
            values.store(out, null);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Adds a file's content to a digest. */
    static void digest(Path file, MessageDigest digest) throws IOException {
        byte[] part = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                digest.update(part, 0, n);
            }
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String key(String uri) {
        MessageDigest digest = sha256();
        digest.update(uri.getBytes(StandardCharsets.UTF_8));
        return hex(digest);
    }
}
