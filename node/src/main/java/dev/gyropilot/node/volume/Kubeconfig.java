package dev.gyropilot.node.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.node.json.Json;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;

/** The kubeconfig of a pod: the node's own API address with the pod's service account token. */
public final class Kubeconfig {
    private static final String NAME = "pod";

    private Kubeconfig() {}

    /** Writes the file unless it says the same already. */
    public static void write(Path file, Config config, Path tokenFile, String namespace) throws IOException {
        ObjectNode root = Json.MAPPER.createObjectNode();
        root.put("apiVersion", "v1").put("kind", "Config").put("current-context", NAME);
        ObjectNode cluster =
                root.putArray("clusters").addObject().put("name", NAME).putObject("cluster");
        cluster.put("server", config.getMasterUrl());
        if (config.getCaCertData() != null) {
            cluster.put("certificate-authority-data", base64(config.getCaCertData()));
        } else if (config.getCaCertFile() != null) {
            cluster.put("certificate-authority", config.getCaCertFile());
        } else if (config.isTrustCerts()) {
            cluster.put("insecure-skip-tls-verify", true);
        }
        root.putArray("users").addObject().put("name", NAME).putObject("user").put("tokenFile", tokenFile.toString());
        root.putArray("contexts")
                .addObject()
                .put("name", NAME)
                .putObject("context")
                .put("cluster", NAME)
                .put("user", NAME)
                .put("namespace", namespace);
        byte[] bytes = Json.YAML.writeValueAsBytes(root);
        if (Files.exists(file) && Arrays.equals(bytes, Files.readAllBytes(file))) {
            return;
        }
        Files.write(file, bytes);
        Files.setPosixFilePermissions(file, AtomicWriter.permissions(0600));
    }

    /** The client's configuration takes PEM as it is or in base64; a kubeconfig wants the latter. */
    private static String base64(String data) {
        return data.startsWith("-----")
                ? Base64.getEncoder().encodeToString(data.getBytes(StandardCharsets.UTF_8))
                : data;
    }
}
