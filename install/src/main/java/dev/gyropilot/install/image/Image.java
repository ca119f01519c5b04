package dev.gyropilot.install.image;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An OCI image for Linux on x86-64, as its blobs.
 *
 * @param name its name with its tag
 * @param manifest digest of its manifest
 * @param blobs configuration, layers and manifest, by digest
 */
public record Image(String name, String manifest, Map<String, byte[]> blobs) {
    static final String MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";
    private static final String INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
    /** Nothing in an image tells when it was built, or two builds would differ. */
    private static final String CREATED = "1970-01-01T00:00:00Z";

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /**
     * How a container of the image starts.
     *
     * @param user as {@code UID:GID}
     */
    public record Start(List<String> entrypoint, Map<String, String> environment, String user) {}

    /** An image of these layers, the lowest first. */
    public static Image of(String name, List<Layer> layers, Start start, Map<String, String> labels) {
        Map<String, byte[]> blobs = new LinkedHashMap<>();
        ObjectNode config = JSON.createObjectNode();
        config.put("created", CREATED).put("architecture", "amd64").put("os", "linux");
        ObjectNode run = config.putObject("config");
        run.put("User", start.user()).put("WorkingDir", "/");
        start.environment().forEach((key, value) -> run.withArray("Env").add(key + "=" + value));
        start.entrypoint().forEach(run.putArray("Entrypoint")::add);
        labels.forEach(run.putObject("Labels")::put);
        ObjectNode rootFs = config.putObject("rootfs").put("type", "layers");
        ObjectNode manifest = JSON.createObjectNode();
        manifest.put("schemaVersion", 2).put("mediaType", MANIFEST_TYPE);
        ObjectNode configReference = manifest.putObject("config");
        for (Layer layer : layers) {
            byte[] tar = layer.tar();
            rootFs.withArray("diff_ids").add(digest(tar));
            reference(manifest.withArray("layers").addObject(), LAYER_TYPE, Layer.gzip(tar), blobs);
        }
        reference(configReference, CONFIG_TYPE, bytes(config), blobs);
        byte[] written = bytes(manifest);
        blobs.put(digest(written), written);
        return new Image(name, digest(written), blobs);
    }

    /** Bytes of what a registry stores and a node fetches. */
    public long size() {
        return blobs.values().stream().mapToLong(blob -> blob.length).sum();
    }

    byte[] manifestBytes() {
        return blob(manifest);
    }

    byte[] blob(String digest) {
        byte[] found = blobs.get(digest);
        if (found == null) {
            throw new IllegalArgumentException("the image has no blob " + digest);
        }
        return found;
    }

    /** Writes these images as one OCI archive, in which layers that they share lie once. */
    public static void write(List<Image> images, Path file) {
        ObjectNode index = JSON.createObjectNode();
        index.put("schemaVersion", 2).put("mediaType", INDEX_TYPE);
        Map<String, byte[]> blobs = new LinkedHashMap<>();
        for (Image image : images) {
            ObjectNode entry = index.withArray("manifests").addObject();
            entry.put("mediaType", MANIFEST_TYPE)
                    .put("digest", image.manifest())
                    .put("size", image.manifestBytes().length);
            entry.putObject("platform").put("architecture", "amd64").put("os", "linux");
            entry.putObject("annotations")
                    .put("io.containerd.image.name", image.name())
                    .put("org.opencontainers.image.ref.name", image.name());
            blobs.putAll(image.blobs());
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (OutputStream out = Files.newOutputStream(file)) {
                var tar = new TarWriter(out);
                entry(tar, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
                entry(tar, "index.json", bytes(index));
                for (var blob : blobs.entrySet()) {
                    entry(tar, "blobs/" + blob.getKey().replace(':', '/'), blob.getValue());
                }
                tar.end();
            }
        } catch (IOException e) {
            throw new ImageException("cannot write the archive " + file + ": " + e.getMessage(), e);
        }
    }

    private static void entry(TarWriter tar, String name, byte[] bytes) throws IOException {
        tar.file(name, 0_644, bytes.length, new ByteArrayInputStream(bytes));
    }

    private static void reference(ObjectNode node, String type, byte[] blob, Map<String, byte[]> blobs) {
        String digest = digest(blob);
        node.put("mediaType", type).put("digest", digest).put("size", blob.length);
        blobs.put(digest, blob);
    }

    private static byte[] bytes(ObjectNode node) {
        try {
            return JSON.writeValueAsBytes(node);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
