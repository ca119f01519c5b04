package dev.gyropilot.operator;

import dev.gyropilot.api.config.Setting;
import java.net.URI;

/**
 * What the operator has to know of its surroundings.
 *
 * @param gatewayUrl the gateway's base URL without a path; a service's URL is this with {@code /v1}
 * @param enginesImage image of Gyropilot's own engines, with its version
 * @param modelsDirectory folder in which nodes that run pods as processes cache fetched models; empty where pods are
 *     containers, which keep them in {@code modelsClaim} or as long as the pod lives
 * @param modelsClaim name of a PersistentVolumeClaim in a service's namespace; empty for none
 * @param schedulerName whose scheduler places the pods of services; empty for the cluster's own
 * @param hub address of the model hub that {@code hf://} URIs mean
 * @param nodeLossSeconds how long a replica stays on a node that does not answer, where pods are containers
 * @param idleSeconds after which a service that may sleep does, when it names no time of its own
 */
public record OperatorConfig(
        @Setting("Address at which clients reach the gateway, without a path. Left out, where it listens.")
        URI gatewayUrl,

        @Setting("Image of Gyropilot's own engines. Left out, the one of this version.")
        String enginesImage,

        String modelsDirectory,

        @Setting(
                "Name of a PersistentVolumeClaim in the namespace of a service that keeps fetched models; without one each pod fetches them. For clusters whose pods are containers.")
        String modelsClaim,

        @Setting("Scheduler that places the pods of model services; empty for the cluster's own.")
        String schedulerName,

        @Setting("Address of the model hub that `hf://` URIs mean.")
        URI hub,

        @Setting(
                "How long a replica stays on a node that no longer answers before another takes its place. For clusters whose pods are containers.")
        int nodeLossSeconds,

        @Setting("After which a service that may sleep does, when it names no time of its own.")
        int idleSeconds) {
    public static final URI DEFAULT_HUB = URI.create("https://huggingface.co");
    public static final int DEFAULT_IDLE_SECONDS = 300;
    public static final int DEFAULT_NODE_LOSS_SECONDS = 30;

    public OperatorConfig {
        if (idleSeconds < 1) {
            throw new IllegalArgumentException("idleSeconds is " + idleSeconds + ": it must be at least 1");
        }
        if (nodeLossSeconds < 0) {
            throw new IllegalArgumentException("nodeLossSeconds is " + nodeLossSeconds + ": it must not be below 0");
        }
        if (!modelsDirectory.isEmpty() && !modelsDirectory.startsWith("/")) {
            throw new IllegalArgumentException(
                    "modelsDirectory is " + modelsDirectory + ": it must be an absolute path on the nodes");
        }
        if (gatewayUrl.getHost() == null) {
            throw new IllegalArgumentException(
                    "gatewayUrl is " + gatewayUrl + ": it must be an address such as http://gateway.example:8080");
        }
    }

    /** For nodes that run pods as processes and cache models in that folder. */
    public OperatorConfig(URI gatewayUrl, String enginesImage, String modelsDirectory, URI hub, int idleSeconds) {
        this(gatewayUrl, enginesImage, modelsDirectory, "", "", hub, DEFAULT_NODE_LOSS_SECONDS, idleSeconds);
    }

    /** For a cluster whose pods are containers, placed by the scheduler of that name. */
    public static OperatorConfig forContainers(URI gatewayUrl, String enginesImage, String schedulerName) {
        return new OperatorConfig(
                gatewayUrl,
                enginesImage,
                "",
                "",
                schedulerName,
                DEFAULT_HUB,
                DEFAULT_NODE_LOSS_SECONDS,
                DEFAULT_IDLE_SECONDS);
    }

    /** Whether pods are containers, and not processes of this machine. */
    public boolean containers() {
        return modelsDirectory.isEmpty();
    }

    /** Where clients reach the models. */
    public String servingUrl() {
        return gatewayUrl.toString().replaceFirst("/+$", "") + "/v1";
    }
}
