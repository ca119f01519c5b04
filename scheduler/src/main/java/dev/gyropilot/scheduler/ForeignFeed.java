package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.queue.QueueRules;
import dev.gyropilot.scheduler.groups.ForeignKind;
import dev.gyropilot.scheduler.groups.ForeignReader;
import dev.gyropilot.scheduler.groups.GroupSpec;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.Objects;
import java.util.Set;

/** What an object of another system that describes a gang or a queue means to the scheduler. */
final class ForeignFeed implements Feed.Reader<GenericKubernetesResource> {
    private final ForeignKind kind;

    ForeignFeed(ForeignKind kind) {
        this.kind = kind;
    }

    @Override
    public Change present(GenericKubernetesResource object) {
        if (kind.isQueue()) {
            QueueRules rules = ForeignReader.queue(kind, object);
            return (world, waiting) -> {
                world.jobs().queue(rules);
                return Set.of();
            };
        }
        GroupSpec spec = ForeignReader.group(kind, object);
        String key = key(object);
        return (world, waiting) -> {
            world.jobs().spec(key, spec);
            return Set.of();
        };
    }

    @Override
    public Change gone(GenericKubernetesResource object) {
        if (kind.isQueue()) {
            String name = ForeignReader.queueName(kind, object);
            return (world, waiting) -> {
                world.jobs().queueGone(name);
                return Set.of();
            };
        }
        String key = key(object);
        return (world, waiting) -> {
            world.jobs().specGone(key);
            return Set.of();
        };
    }

    private String key(GenericKubernetesResource object) {
        return kind.key(
                Objects.requireNonNullElse(object.getMetadata().getNamespace(), ""),
                object.getMetadata().getName());
    }
}
