package dev.gyropilot.install.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * One layer: files by their path in the image. Its archive is the same for the same files: sorted, owned by root, without
 * times.
 */
public final class Layer {
    private static final int FILE = 0_644;
    private static final int PROGRAM = 0_755;

    private sealed interface Entry {
        @SuppressWarnings("ArrayRecordComponent") // nobody compares entries
        record Content(byte[] bytes, int mode) implements Entry {}

        record OnDisk(Path path, int mode) implements Entry {}

        record Link(String target) implements Entry {}

        record Folder(int mode) implements Entry {}
    }

    private final TreeMap<String, Entry> entries = new TreeMap<>();

    /** A text file. */
    public Layer text(String path, String text) {
        put(path, new Entry.Content(text.getBytes(StandardCharsets.UTF_8), FILE));
        return this;
    }

    /** A file with these bytes. */
    public Layer bytes(String path, byte[] bytes) {
        put(path, new Entry.Content(bytes, FILE));
        return this;
    }

    /** A copy of a file; it may be run where its owner may run it. */
    public Layer file(String path, Path source) {
        put(path, new Entry.OnDisk(source, Files.isExecutable(source) ? PROGRAM : FILE));
        return this;
    }

    /** A symbolic link. */
    public Layer link(String path, String target) {
        put(path, new Entry.Link(target));
        return this;
    }

    /** An empty folder, for a volume; {@code mode} as in {@code chmod}. */
    public Layer folder(String path, int mode) {
        put(path, new Entry.Folder(mode));
        return this;
    }

    /** All files below a folder. */
    public Layer tree(String path, Path source) {
        try (Stream<Path> files = Files.walk(source)) {
            files.filter(file -> Files.isRegularFile(file) || Files.isSymbolicLink(file))
                    .forEach(file -> file(path + "/" + source.relativize(file), file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    private void put(String path, Entry entry) {
        String name = path.replaceFirst("^/+", "");
        entries.put(name, entry);
        for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            entries.putIfAbsent(name.substring(0, slash), new Entry.Folder(PROGRAM));
        }
    }

    /** The uncompressed archive. */
    byte[] tar() {
        var out = new ByteArrayOutputStream();
        var tar = new TarWriter(out);
        try {
            for (var entry : entries.entrySet()) {
                switch (entry.getValue()) {
                    case Entry.Content content -> {
                        try (InputStream in = new ByteArrayInputStream(content.bytes())) {
                            tar.file(entry.getKey(), content.mode(), content.bytes().length, in);
                        }
                    }
                    case Entry.OnDisk file -> {
                        try (InputStream in = Files.newInputStream(file.path())) {
                            tar.file(entry.getKey(), file.mode(), Files.size(file.path()), in);
                        }
                    }
                    case Entry.Link link -> tar.link(entry.getKey(), link.target());
                    case Entry.Folder folder -> tar.folder(entry.getKey(), folder.mode());
                }
            }
            tar.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** The archive as it is stored; the JDK's gzip writes neither name nor time. */
    static byte[] gzip(byte[] tar) {
        var out = new ByteArrayOutputStream(tar.length / 2);
        try (var gzip = new GZIPOutputStream(out, 1 << 16)) {
            gzip.write(tar);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
