package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.device.TaintRule;
import dev.gyropilot.brain.placement.objects.DeviceReader;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;

/** What a DeviceTaintRule means to the scheduler, whichever version the API serves. */
final class TaintRuleFeed implements Feed.Reader<GenericKubernetesResource> {
    static final String GROUP = "resource.k8s.io";
    static final String KIND = "DeviceTaintRule";
    private static final String PLURAL = "devicetaintrules";

    /** The name of its resource definition, on an API that does not bring the kind itself. */
    static final String DEFINITION = PLURAL + "." + GROUP;

    /** The best first. */
    static final List<String> VERSIONS = List.of("v1", "v1beta2", "v1alpha3");

    /** For the client. */
    static ResourceDefinitionContext context(String version) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(GROUP)
                .withVersion(version)
                .withKind(KIND)
                .withPlural(PLURAL)
                .withNamespaced(false)
                .build();
    }

    /** The name of its reader in {@link Readers}. */
    static String reader(String version) {
        return KIND + "." + GROUP + "/" + version;
    }

    @Override
    public Change present(GenericKubernetesResource object) {
        String name = object.getMetadata().getName();
        TaintRule rule = DeviceReader.taintRule(object);
        return (world, waiting) -> world.taintRule(name, rule);
    }

    @Override
    public Change gone(GenericKubernetesResource object) {
        String name = object.getMetadata().getName();
        return (world, waiting) -> world.taintRuleGone(name);
    }
}
