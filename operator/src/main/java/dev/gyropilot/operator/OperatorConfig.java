package dev.gyropilot.operator;

import dev.gyropilot.api.config.Setting;
import java.net.URI;

/**
 * What the operator has to know of its surroundings.
 *
 * @param gatewayUrl the gateway's base URL without a path; a service's URL is this with {@code /v1}
 * @param enginesImage image of Gyropilot's own engines, with its version
 * @param modelsDirectory folder on the nodes in which fetched models are cached
 * @param hub address of the model hub that {@code hf://} URIs mean
 * @param idleSeconds after which a service that may sleep does, when it names no time of its own
 */
public record OperatorConfig(
        URI gatewayUrl,
        String enginesImage,
        String modelsDirectory,

        @Setting("Address of the model hub that `hf://` URIs mean.")
        URI hub,

        @Setting("After which a service that may sleep does, when it names no time of its own.")
        int idleSeconds) {
    public static final URI DEFAULT_HUB = URI.create("https://huggingface.co");
    public static final int DEFAULT_IDLE_SECONDS = 300;

    public OperatorConfig {
        if (idleSeconds < 1) {
            throw new IllegalArgumentException("idleSeconds is " + idleSeconds + ": it must be at least 1");
        }
        if (!modelsDirectory.startsWith("/")) {
            throw new IllegalArgumentException(
                    "modelsDirectory is " + modelsDirectory + ": it must be an absolute path on the nodes");
        }
    }

    /** Where clients reach the models. */
    public String servingUrl() {
        return gatewayUrl.toString().replaceFirst("/+$", "") + "/v1";
    }
}
