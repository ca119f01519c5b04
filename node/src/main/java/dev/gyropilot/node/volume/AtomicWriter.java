package dev.gyropilot.node.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes the files of a volume so that a program sees either all old or all new ones: each version is a folder of its
 * own, {@code ..data} is a link to the current one and is replaced in one step, and the visible names are links through
 * {@code ..data}.
 */
final class AtomicWriter {
    private static final String DATA = "..data";
    private static final DateTimeFormatter VERSION = DateTimeFormatter.ofPattern(
                    "'..'yyyy_MM_dd_HH_mm_ss.nnnnnnnnn", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private AtomicWriter() {}

    /** One file: its bytes and its permission bits, such as 0644. */
    static final class Content {
        private final byte[] bytes;
        private final int mode;

        Content(byte[] bytes, int mode) {
            this.bytes = bytes;
            this.mode = mode;
        }
    }

    /** Makes the folder hold exactly these files, named by their relative paths; false when it did already. */
    static boolean write(Path folder, Map<String, Content> files, Instant now) throws IOException {
        Files.createDirectories(folder);
        Path link = folder.resolve(DATA);
        if (same(folder, files)) {
            return false;
        }
        Path previous = Files.isSymbolicLink(link) ? folder.resolve(Files.readSymbolicLink(link)) : null;
        Path version = Files.createDirectory(folder.resolve(VERSION.format(now)));
        for (var file : files.entrySet()) {
            Path path = version.resolve(file.getKey()).normalize();
            if (!path.startsWith(version)) {
                throw new IOException("the path " + file.getKey() + " leads out of the volume");
            }
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue().bytes);
            Files.setPosixFilePermissions(path, permissions(file.getValue().mode));
        }
        Path fresh = folder.resolve("..data_new");
        Files.deleteIfExists(fresh);
        Files.createSymbolicLink(fresh, version.getFileName());
        Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        linkNames(folder, files.keySet());
        if (previous != null) {
            PodFolders.delete(previous);
        }
        return true;
    }

    private static void linkNames(Path folder, Set<String> paths) throws IOException {
        var names = new HashSet<String>();
        for (String path : paths) {
            names.add(Path.of(path).getName(0).toString());
        }
        for (String name : names) {
            Path visible = folder.resolve(name);
            if (!Files.exists(visible, LinkOption.NOFOLLOW_LINKS)) {
                Files.createSymbolicLink(visible, Path.of(DATA, name));
            }
        }
        try (Stream<Path> present = Files.list(folder)) {
            for (Path entry : present.toList()) {
                String name = entry.getFileName().toString();
                if (!name.startsWith("..") && !names.contains(name)) {
                    Files.delete(entry);
                }
            }
        }
    }

    private static boolean same(Path folder, Map<String, Content> files) throws IOException {
        Path data = folder.resolve(DATA);
        if (!Files.exists(data)) {
            return false;
        }
        int count = 0;
        Path real = data.toRealPath();
        try (Stream<Path> tree = Files.walk(real)) {
            for (Path file : tree.filter(Files::isRegularFile).toList()) {
                Content content = files.get(real.relativize(file).toString());
                if (content == null
                        || !Arrays.equals(content.bytes, Files.readAllBytes(file))
                        || !Files.getPosixFilePermissions(file).equals(permissions(content.mode))) {
                    return false;
                }
                count++;
            }
        }
        return count == files.size();
    }

    static Set<PosixFilePermission> permissions(int mode) {
        var result = EnumSet.noneOf(PosixFilePermission.class);
        String all = "rwxrwxrwx";
        var text = new StringBuilder();
        for (int bit = 8; bit >= 0; bit--) {
            text.append((mode >> bit & 1) == 1 ? all.charAt(8 - bit) : '-');
        }
        result.addAll(PosixFilePermissions.fromString(text.toString()));
        return result;
    }
}
