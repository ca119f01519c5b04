package dev.gyropilot.engines.fetch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * What a hub says of a repository.
 *
 * @param commit the commit of the revision that was asked for; all files are of this one
 * @param wanted the files that a model server reads
 */
record RepositoryFiles(String commit, List<Entry> wanted) {
    private static final int FILES_LIMIT = 10_000;
    private static final String WEIGHTS = ".safetensors";

    /** Endings of the same weights in other formats, which no server reads where there are safe tensors. */
    private static final Set<String> OTHER_WEIGHTS =
            Set.of(".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".onnx_data", ".gguf", ".tflite", ".ot");

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * One file.
     *
     * @param sha256 of a large file
     * @param gitBlob Git's name for the content of a small one, empty when the hub does not say it
     */
    record Entry(String path, long sizeBytes, Optional<String> sha256, String gitBlob) {
        /** Holds the content against the name by which Git knows it. */
        void check(Path content) throws IOException {
            if (sha256.isPresent() || gitBlob.isEmpty()) {
                return;
            }
            byte[] bytes = Files.readAllBytes(content);
            MessageDigest digest = sha1();
            digest.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII));
            String actual = HexFormat.of().formatHex(digest.digest(bytes));
            if (!actual.equals(gitBlob)) {
                Files.delete(content);
                throw Fetcher.mismatch(path, gitBlob + " (as the hub says)", actual, "What came was removed.");
            }
        }

        private static MessageDigest sha1() {
            try {
                return MessageDigest.getInstance("SHA-1");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-1", e);
            }
        }
    }

    long totalBytes() {
        return wanted.stream().mapToLong(Entry::sizeBytes).sum();
    }

    /** Reads the hub's answer. */
    static RepositoryFiles read(Path answer, ModelUri.Repository repository) throws IOException {
        JsonNode root = parse(answer);
        String commit = root.path("sha").asText();
        if (!commit.matches("[0-9a-f]{40}") || !root.path("siblings").isArray()) {
            throw new EngineException(
                    Code.DATA,
                    repository.hub() + " does not tell the files of " + repository.text()
                            + ". Check that it is a Hugging Face hub, or name one file.");
        }
        List<Entry> all = new ArrayList<>();
        for (JsonNode file : root.path("siblings")) {
            JsonNode large = file.path("lfs");
            String sha256 = large.path("sha256").asText(large.path("oid").asText());
            all.add(new Entry(
                    file.path("rfilename").asText(),
                    file.path("size").asLong(),
                    sha256.matches("[0-9a-f]{64}") ? Optional.of(sha256) : Optional.empty(),
                    file.path("blobId").asText()));
        }
        List<Entry> wanted = wanted(all);
        if (wanted.isEmpty() || wanted.size() > FILES_LIMIT) {
            throw new EngineException(
                    Code.DATA,
                    repository.text() + " has " + wanted.size() + " files; a model has 1 to " + FILES_LIMIT + ".");
        }
        return new RepositoryFiles(commit, wanted);
    }

    private static JsonNode parse(Path answer) throws IOException {
        try {
            return JSON.readTree(Files.readAllBytes(answer));
        } catch (JsonProcessingException e) {
            return JSON.missingNode();
        }
    }

    /** Without hidden files and, where there are safe tensors, without the same weights in other formats. */
    private static List<Entry> wanted(List<Entry> all) {
        List<Entry> visible = all.stream()
                .filter(file -> !file.path().startsWith(".") && !file.path().contains("/."))
                .toList();
        if (visible.stream().noneMatch(file -> file.path().endsWith(WEIGHTS))) {
            return visible;
        }
        return visible.stream()
                .filter(file -> !file.path().startsWith("original/") && !OTHER_WEIGHTS.contains(ending(file.path())))
                .toList();
    }

    private static String ending(String path) {
        return path.substring(Math.max(0, path.lastIndexOf('.'))).toLowerCase(Locale.ROOT);
    }

    /**
     * The digest of a folder: the SHA-256 of what {@code sha256sum} prints for its files, sorted by path.
     *
     * @param contents from path to SHA-256
     */
    static String digest(SortedMap<String, String> contents) {
        MessageDigest digest = BlobCache.sha256();
        contents.forEach(
                (path, sha256) -> digest.update((sha256 + "  " + path + "\n").getBytes(StandardCharsets.UTF_8)));
        return BlobCache.hex(digest);
    }
}
