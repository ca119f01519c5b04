package dev.gyropilot.cli;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;

/** Which kind of key a kubeconfig logs in with: the client library must be told, and takes RSA for granted. */
final class ClientKeys {
    /** The object identifier ecPublicKey (RFC 5480) as it is encoded in a PKCS #8 key. */
    private static final String EC_IDENTIFIER = "2a8648ce3d0201";

    private ClientKeys() {}

    static String algorithm(Config config) {
        String pem = pem(config);
        if (pem.contains("BEGIN EC PRIVATE KEY")) {
            return "EC";
        }
        int begin = pem.indexOf("-----BEGIN PRIVATE KEY-----");
        if (begin < 0) {
            return "RSA";
        }
        String body = pem.substring(begin).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        return HexFormat.of().formatHex(Base64.getDecoder().decode(body)).contains(EC_IDENTIFIER) ? "EC" : "RSA";
    }

    private static String pem(Config config) {
        try {
            if (config.getClientKeyData() != null) {
                return new String(Base64.getDecoder().decode(config.getClientKeyData()), StandardCharsets.US_ASCII);
            }
            return config.getClientKeyFile() == null ? "" : Files.readString(Path.of(config.getClientKeyFile()));
        } catch (IOException e) {
            throw new CliError(
                    "cannot read the client key " + config.getClientKeyFile() + ": " + e.getMessage(),
                    "Check client-key of the kubeconfig.",
                    e);
        }
    }
}
