package dev.gyropilot.engines.fetch;

import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Brings a model from its URI to a file, by way of the cache. */
final class Fetcher {
    private final URI hub;
    private final Optional<String> token;
    private final BlobCache cache;
    private final Downloads downloads;
    private final Consumer<String> progress;

    Fetcher(URI hub, Optional<String> token, Path cache, Downloads.Policy policy, Consumer<String> progress) {
        this.hub = hub;
        this.token = token;
        this.cache = new BlobCache(cache);
        this.downloads = new Downloads(this.cache, policy, progress);
        this.progress = progress;
    }

    /**
     * Fetches and links.
     *
     * @param expected the content's SHA-256 in lower-case hex, when the caller knows it; a repository's is that of
     *     {@link RepositoryFiles#digest}
     * @param out becomes a link to the content; a folder gets a link of the file's name
     * @return where the model is; the marker file itself for a built-in one
     */
    Path fetch(String uri, Optional<String> expected, Path out) {
        ModelUri model = ModelUri.parse(uri, hub);
        try {
            Path target = Files.isDirectory(out) ? out.resolve(model.fileName()) : out;
            Path folder = target.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            return switch (model) {
                case ModelUri.Builtin builtin -> marker(builtin, target);
                case ModelUri.LocalFile file -> local(file, expected, target);
                case ModelUri.Download download -> link(cached(download, expected), target);
                case ModelUri.Repository repository -> link(tree(repository, expected), target);
            };
        } catch (IOException e) {
            throw new EngineException(
                    Code.SYSTEM,
                    "Writing the model " + uri + " failed: " + e + ". Check the room and rights of the cache and of "
                            + out + ".",
                    e);
        }
    }

    private Path marker(ModelUri.Builtin builtin, Path target) throws IOException {
        progress.accept(builtin.text() + " is part of the program: nothing to fetch");
        return Files.writeString(target, builtin.text() + "\n");
    }

    private Path local(ModelUri.LocalFile file, Optional<String> expected, Path target) throws IOException {
        if (!Files.isReadable(file.path())) {
            throw new EngineException(
                    Code.NOT_FOUND,
                    "There is no readable file at " + file.path() + " (" + file.text()
                            + "); check the path and its rights.");
        }
        if (expected.isPresent() && Files.isRegularFile(file.path())) {
            progress.accept("checking " + file.path());
            MessageDigest digest = BlobCache.sha256();
            BlobCache.digest(file.path(), digest);
            String actual = BlobCache.hex(digest);
            if (!actual.equals(expected.get())) {
                throw mismatch(file.text(), expected.get(), actual, "The file was left as it is.");
            }
        }
        return link(file.path().toAbsolutePath(), target);
    }

    /** All files of a repository at one commit, as a folder of links. */
    private Path tree(ModelUri.Repository repository, Optional<String> expected) throws IOException {
        if (expected.isPresent() && cache.hasTree(expected.get())) {
            progress.accept(repository.text() + " is in the cache");
            return cache.tree(expected.get());
        }
        RepositoryFiles files = RepositoryFiles.read(cached(repository.description(), Optional.empty()), repository);
        progress.accept(repository.text() + " is " + files.wanted().size() + " files, "
                + Downloads.bytes(files.totalBytes()) + ", of commit " + files.commit());
        SortedMap<String, String> contents = new TreeMap<>();
        for (RepositoryFiles.Entry file : files.wanted()) {
            Path blob = cached(repository.file(file.path(), files.commit()), file.sha256());
            file.check(blob);
            contents.put(file.path(), BlobCache.sha256Of(blob));
        }
        String actual = RepositoryFiles.digest(contents);
        if (expected.isPresent() && !expected.get().equals(actual)) {
            throw mismatch(
                    repository.text(), expected.get(), actual, "Check the checksum, or name the commit it is of.");
        }
        progress.accept("fetched " + repository.text() + ", sha-256 of its list " + actual);
        return cache.adoptTree(contents, actual);
    }

    private Path cached(ModelUri.Download download, Optional<String> expected) throws IOException {
        Optional<Path> blob = expected.map(cache::blob);
        if (isThere(blob, download)) {
            return blob.orElseThrow();
        }
        try (FileChannel _ = cache.lock(
                download.text(), () -> progress.accept("waiting: another process fetches " + download.text()))) {
            if (isThere(blob, download)) {
                return blob.orElseThrow();
            }
            return downloads.get(download, expected, download.hub() ? token : Optional.empty());
        }
    }

    private boolean isThere(Optional<Path> blob, ModelUri.Download download) {
        if (blob.isEmpty() || !Files.isRegularFile(blob.get())) {
            return false;
        }
        progress.accept(download.text() + " is in the cache");
        return true;
    }

    private static Path link(Path content, Path target) throws IOException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                && !Files.isSymbolicLink(target)
                && Files.isDirectory(target)) {
            throw new EngineException(Code.USAGE, "--out " + target + " is a folder; name a file in it.");
        }
        Path fresh = target.resolveSibling(
                "." + target.getFileName() + "." + ProcessHandle.current().pid());
        Files.deleteIfExists(fresh);
        try {
            Files.createSymbolicLink(fresh, content.toRealPath());
        } catch (UnsupportedOperationException e) {
            Files.createLink(fresh, content);
        }
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return target;
    }

    static EngineException mismatch(String uri, String expected, String actual, String after) {
        return new EngineException(
                Code.DATA,
                "The content of " + uri + " is not what was expected: sha-256 " + expected + " was expected, " + actual
                        + " came. " + after);
    }
}
