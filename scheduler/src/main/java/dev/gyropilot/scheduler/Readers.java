package dev.gyropilot.scheduler;

import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.brain.placement.Verdict.Cause;
import dev.gyropilot.brain.placement.objects.DeviceReader;
import dev.gyropilot.brain.placement.objects.NodeReader;
import dev.gyropilot.scheduler.groups.ForeignKind;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the state of each kind of object means to the scheduler, by the kind's name. */
final class Readers {
    private final Map<String, Entry<?>> byName = new HashMap<>();

    /** A kind and its reader. */
    record Entry<T extends HasMetadata>(Class<T> type, Feed.Reader<T> reader) {
        Change read(HasMetadata object, boolean gone) {
            T typed = type.cast(object);
            return gone ? reader.gone(typed) : reader.present(typed);
        }
    }

    Readers(Set<String> schedulerNames, PodFeed.Unreadable unreadable, Remarks remarks) {
        var selectors = new SelectorChecks();
        add(Namespace.class, new NamespaceFeed());
        add(Node.class, new NodeFeed());
        add(DeviceClass.class, new ClassFeed(selectors, remarks));
        add(ResourceSlice.class, new SliceFeed(remarks));
        add(ResourceClaim.class, new ClaimFeed(selectors, remarks));
        add(Pod.class, new PodFeed(schedulerNames, unreadable));
        add(Queue.class, new QueueFeed());
        for (ForeignKind kind : ForeignKind.values()) {
            byName.put(name(kind), new Entry<>(GenericKubernetesResource.class, new ForeignFeed(kind)));
        }
        for (String version : TaintRuleFeed.VERSIONS) {
            byName.put(
                    TaintRuleFeed.reader(version), new Entry<>(GenericKubernetesResource.class, new TaintRuleFeed()));
        }
    }

    private <T extends HasMetadata> void add(Class<T> type, Feed.Reader<T> reader) {
        byName.put(name(type), new Entry<>(type, reader));
    }

    static String name(Class<? extends HasMetadata> type) {
        return HasMetadata.getKind(type) + "." + HasMetadata.getApiVersion(type);
    }

    static String name(ForeignKind kind) {
        return kind.kind() + "." + kind.apiVersion();
    }

    @Nullable
    Entry<?> find(String name) {
        return byName.get(name);
    }

    <T extends HasMetadata> Feed.Reader<T> of(Class<T> type) {
        @SuppressWarnings("unchecked") // as put there by add
        var entry = (Entry<T>) byName.get(name(type));
        return java.util.Objects.requireNonNull(entry).reader;
    }

    private static final class NodeFeed implements Feed.Reader<Node> {
        @Override
        public Change present(Node object) {
            var node = NodeReader.read(object);
            return (world, waiting) -> world.node(node);
        }

        @Override
        public Change gone(Node object) {
            String name = object.getMetadata().getName();
            return (world, waiting) -> world.nodeGone(name);
        }
    }

    private record ClassFeed(SelectorChecks selectors, Remarks remarks) implements Feed.Reader<DeviceClass> {
        @Override
        public Change present(DeviceClass object) {
            var deviceClass = DeviceReader.read(object);
            selectors.problem(object).ifPresent(problem -> remarks.invalid(object, problem));
            return (world, waiting) -> world.devices(devices -> devices.with(deviceClass));
        }

        @Override
        public Change gone(DeviceClass object) {
            String name = object.getMetadata().getName();
            return (world, waiting) -> world.devices(devices -> devices.withoutClass(name));
        }
    }

    private record SliceFeed(Remarks remarks) implements Feed.Reader<ResourceSlice> {
        @Override
        public Change present(ResourceSlice object) {
            var slice = DeviceReader.read(object);
            return (world, waiting) -> {
                Set<Cause> helped = world.slice(slice, world.now().toEpochMilli());
                world.newFlaws(slice.pool()).forEach(remarks::invalidSlice);
                return helped;
            };
        }

        @Override
        public Change gone(ResourceSlice object) {
            String name = object.getMetadata().getName();
            return (world, waiting) -> world.sliceGone(name);
        }
    }

    private static final class NamespaceFeed implements Feed.Reader<Namespace> {
        @Override
        public Change present(Namespace object) {
            Map<String, String> labels = object.getMetadata().getLabels();
            return (world, waiting) ->
                    world.namespace(object.getMetadata().getName(), labels == null ? Map.of() : labels);
        }

        @Override
        public Change gone(Namespace object) {
            return (world, waiting) -> world.namespace(object.getMetadata().getName(), null);
        }
    }
}
