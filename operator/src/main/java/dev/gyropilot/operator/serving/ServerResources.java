package dev.gyropilot.operator.serving;

import dev.gyropilot.api.serving.EngineSpec;
import dev.gyropilot.api.serving.ModelServiceSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one replica asks of its node. The service's word goes before the engine's; the engine's extended resources, such as
 * {@code nvidia.com/gpu}, stand for devices that the service does not name: not beside a claim, nor beside others of their kind.
 *
 * @param requirements null when nobody has asked for anything
 * @param deviceCount how many devices the server gets; at least 1, as it also counts the shards of a model
 */
record ServerResources(@Nullable ResourceRequirements requirements, int deviceCount) {
    static ServerResources of(ModelServiceSpec wish, EngineSpec engine) {
        boolean claims = !wish.devices().isEmpty();
        ResourceRequirements asked = wish.resources() == null ? engine.resources() : wish.resources();
        if (asked == null && !claims) {
            return new ServerResources(null, 1);
        }
        ResourceRequirements base = Objects.requireNonNullElseGet(asked, ResourceRequirements::new);
        var result = new ResourceRequirementsBuilder(base);
        boolean named = wish.resources() != null && hasExtended(wish.resources());
        if (wish.resources() == null) {
            result.withRequests(claims ? ordinary(base.getRequests()) : base.getRequests())
                    .withLimits(claims ? ordinary(base.getLimits()) : base.getLimits());
        } else if (!named && !claims && engine.resources() != null) {
            result.addToRequests(extended(engine.resources().getRequests()))
                    .addToLimits(extended(engine.resources().getLimits()));
        }
        if (claims) {
            result.addNewClaim().withName(ServerPod.CLAIM).endClaim();
        }
        ResourceRequirements requirements = result.build();
        return new ServerResources(requirements, Math.max(1, claims ? claimed(wish) : counted(requirements)));
    }

    /** Of the first request: what else a replica claims, such as a network card, holds no shard. */
    private static int claimed(ModelServiceSpec wish) {
        return Objects.requireNonNullElse(wish.devices().getFirst().count(), 1);
    }

    private static int counted(ResourceRequirements requirements) {
        return Stream.of(requirements.getLimits(), requirements.getRequests())
                .flatMap(resources -> extended(resources).values().stream())
                .mapToInt(quantity -> quantity.getNumericalAmount().intValue())
                .findFirst()
                .orElse(1);
    }

    private static boolean hasExtended(ResourceRequirements resources) {
        return !extended(resources.getLimits()).isEmpty()
                || !extended(resources.getRequests()).isEmpty();
    }

    private static Map<String, Quantity> extended(@Nullable Map<String, Quantity> resources) {
        return filtered(resources, true);
    }

    private static Map<String, Quantity> ordinary(@Nullable Map<String, Quantity> resources) {
        return filtered(resources, false);
    }

    private static Map<String, Quantity> filtered(@Nullable Map<String, Quantity> resources, boolean extended) {
        Map<String, Quantity> result = new LinkedHashMap<>();
        if (resources != null) {
            resources.forEach((name, quantity) -> {
                if (isExtended(name) == extended) {
                    result.put(name, quantity);
                }
            });
        }
        return result;
    }

    /** Extended resources have a domain, and not Kubernetes' own. */
    private static boolean isExtended(String name) {
        int slash = name.indexOf('/');
        return slash > 0 && !name.substring(0, slash).endsWith("kubernetes.io");
    }
}
