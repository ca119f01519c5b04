package dev.gyropilot.operator.serving;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gyropilot.api.Names;
import dev.gyropilot.api.serving.Engine;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceSpec.DeviceRequest;
import dev.gyropilot.operator.OperatorConfig;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.CELDeviceSelectorBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSelectorBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplateBuilder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One version of a service as Kubernetes objects. Its hash is over what runs, its pod template and devices, and not over how
 * many run: scaling makes no new revision.
 */
record Revision(String hash, PodTemplateSpec template, List<DeviceRequest> devices) {
    private static final int HASH_DIGITS = 8;
    private static final int PROGRESS_DEADLINE_DEFAULT_SECONDS = 600;

    private static final ObjectMapper CANONICAL = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    /** Renders the revision that the service asks for now. */
    static Revision of(ModelService service, ModelSource.Found model, Engine engine, OperatorConfig config) {
        var spec = new ServerPod(service, model, engine, config).spec();
        var hashed = Map.of("pod", spec, "devices", service.getSpec().devices());
        return new Revision(
                hash(hashed),
                new PodTemplateSpecBuilder().withSpec(spec).build(),
                service.getSpec().devices());
    }

    /** Name of the revision's objects. */
    String name(ModelService service) {
        return service.getMetadata().getName() + "-" + hash;
    }

    /** How long a revision may take until it is ready. */
    static int progressDeadlineSeconds(ModelService service) {
        var rollout = service.getSpec().rollout();
        Integer seconds = rollout == null ? null : rollout.progressDeadlineSeconds();
        return Objects.requireNonNullElse(seconds, PROGRESS_DEADLINE_DEFAULT_SECONDS);
    }

    /** The Deployment with so many replicas. */
    Deployment deployment(ModelService service, int replicas, Engine engine) {
        var labels = labels(service, hash);
        var podMetadata = new ObjectMetaBuilder().withLabels(labels);
        if (Boolean.TRUE.equals(engine.getSpec().simulated())) {
            podMetadata.addToLabels(Names.LABEL_SIMULATED, "true");
        }
        return new DeploymentBuilder()
                .withMetadata(metadata(service))
                .withNewSpec()
                .withReplicas(replicas)
                .withRevisionHistoryLimit(1)
                .withProgressDeadlineSeconds(progressDeadlineSeconds(service))
                .withNewSelector()
                .withMatchLabels(labels)
                .endSelector()
                .withTemplate(new PodTemplateSpecBuilder(named(service))
                        .withMetadata(podMetadata.build())
                        .build())
                .endSpec()
                .build();
    }

    /** The template of the claims by which each pod gets its devices; empty when it needs none. */
    Optional<ResourceClaimTemplate> claims(ModelService service) {
        if (devices.isEmpty()) {
            return Optional.empty();
        }
        var devicesSpec = new ResourceClaimTemplateBuilder()
                .withMetadata(metadata(service))
                .withNewSpec()
                .withNewSpec()
                .withNewDevices();
        for (int i = 0; i < devices.size(); i++) {
            DeviceRequest device = devices.get(i);
            List<String> selectors = Objects.requireNonNullElse(device.selectors(), List.of());
            devicesSpec = devicesSpec
                    .addNewRequest()
                    .withName("device-" + i)
                    .withNewExactly()
                    .withDeviceClassName(device.deviceClassName())
                    .withCount((long) Objects.requireNonNullElse(device.count(), 1))
                    .withAllocationMode("ExactCount")
                    .withSelectors(selectors.stream()
                            .map(cel -> new DeviceSelectorBuilder()
                                    .withCel(new CELDeviceSelectorBuilder()
                                            .withExpression(cel)
                                            .build())
                                    .build())
                            .toList())
                    .endExactly()
                    .endRequest();
        }
        return Optional.of(devicesSpec.endDevices().endSpec().endSpec().build());
    }

    /** The template with the claim template's name, which holds the hash and hence is no part of it. */
    private PodTemplateSpec named(ModelService service) {
        if (devices.isEmpty()) {
            return template;
        }
        return new PodTemplateSpecBuilder(template)
                .editSpec()
                .withResourceClaims()
                .addNewResourceClaim()
                .withName(ServerPod.CLAIM)
                .withResourceClaimTemplateName(name(service))
                .endResourceClaim()
                .endSpec()
                .build();
    }

    private ObjectMeta metadata(ModelService service) {
        return new ObjectMetaBuilder()
                .withName(name(service))
                .withNamespace(service.getMetadata().getNamespace())
                .withLabels(labels(service, hash))
                .withOwnerReferences(Owner.of(service))
                .build();
    }

    static Map<String, String> labels(ModelService service, @Nullable String hash) {
        var labels = new LinkedHashMap<String, String>();
        labels.put(Names.LABEL_MODEL_SERVICE, service.getMetadata().getName());
        if (hash != null) {
            labels.put(Names.LABEL_REVISION, hash);
        }
        return labels;
    }

    /** Of its content as JSON, whose keys are in order. */
    static String hash(Object content) {
        try {
            String canonical = CANONICAL.writeValueAsString(CANONICAL.convertValue(content, Map.class));
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException | com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
