package dev.gyropilot.apiserver.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;

/**
 * A kubeconfig with one cluster, one user and one context, all of the same name.
 *
 * @param server such as {@code https://127.0.0.1:7443}
 * @param namespace of the context, empty for {@code default}
 */
public record Kubeconfig(String name, String server, String authorityPem, Login login, String namespace) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** How the user shows who he is. */
    public sealed interface Login {
        record ByToken(String token) implements Login {}

        /** The file is read again before the token in it ends. */
        record ByTokenFile(Path file) implements Login {}
    }

    /** Writes the file as a whole, readable by its owner only; the folder is made when absent. */
    public void write(Path file) {
        PrivateFiles.write(file, text());
    }

    /** The content: JSON, which is YAML too. */
    public String text() {
        ObjectNode config = MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "Config");
        ObjectNode cluster =
                config.putArray("clusters").addObject().put("name", name).putObject("cluster");
        cluster.put("server", server).put("certificate-authority-data", base64(authorityPem));
        ObjectNode user = config.putArray("users").addObject().put("name", name).putObject("user");
        switch (login) {
            case Login.ByToken(String token) -> user.put("token", token);
            case Login.ByTokenFile(Path tokenFile) -> user.put("tokenFile", tokenFile.toString());
        }
        ObjectNode context =
                config.putArray("contexts").addObject().put("name", name).putObject("context");
        context.put("cluster", name).put("user", name);
        if (!namespace.isEmpty()) {
            context.put("namespace", namespace);
        }
        config.put("current-context", name);
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that cannot be written", e);
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
