package dev.gyropilot.operator.serving;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.serving.ModelServiceSpec;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a service asks for and the cluster has not: what would come of the wish would not run.
 *
 * @param reason one word for programs
 * @param message what is missing, and the remedy
 */
record Lack(String reason, String message) {
    /** @param served whether the API serves a kind */
    static Optional<Lack> of(ModelServiceSpec wish, Predicate<Class<? extends HasMetadata>> served) {
        return !wish.devices().isEmpty() && !served.test(ResourceClaimTemplate.class)
                ? Optional.of(new Lack(
                        Conditions.DYNAMIC_RESOURCES_MISSING,
                        "spec.devices asks for devices by resource.k8s.io/v1, which this cluster does not serve: use"
                                + " Kubernetes 1.34 or newer, or remove spec.devices and ask by spec.resources.limits, such as"
                                + " nvidia.com/gpu: \"1\""))
                : Optional.empty();
    }
}
