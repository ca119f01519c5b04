package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.Devices;
import dev.gyropilot.brain.placement.device.Slice;
import dev.gyropilot.brain.placement.objects.ClaimReader;
import dev.gyropilot.brain.placement.objects.DeviceReader;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which devices each node has and who holds them: by slices and claims, and by the counts that device plugins report. */
final class DeviceMap {
    private final Map<String, Pod> pods = new HashMap<>();
    private final Map<String, List<Holder>> holders = new HashMap<>();
    private Devices devices = Devices.EMPTY;

    private DeviceMap() {}

    /** A node's devices in order. */
    record NodeDevices(String node, String product, List<Device> devices) {
        boolean isIdle() {
            return devices.stream().allMatch(Device::isFree);
        }
    }

    /** A whole device; partitions and shares of it are its holders' parts. */
    record Device(String name, String product, boolean available, List<Holder> holders) {
        boolean isFree() {
            return available && holders.isEmpty();
        }
    }

    /**
     * Who has a device, or a part of it.
     *
     * @param owner the gang, the controller's object or the pod itself, with its namespace
     * @param user the pod, or the claim while no pod uses it
     * @param device the partition's name; the device's own when it is held whole
     * @param part of the whole, up to 1
     */
    record Holder(String owner, String user, String device, double part) {}

    static List<NodeDevices> read(KubernetesClient client) {
        var map = new DeviceMap();
        for (Pod pod : client.pods().inAnyNamespace().list().getItems()) {
            map.pods.put(pod.getMetadata().getUid(), pod);
        }
        if (client.supports(ResourceSlice.class)) {
            for (ResourceSlice object :
                    client.resources(ResourceSlice.class).list().getItems()) {
                map.devices = map.devices.with(DeviceReader.read(object));
            }
            client.resources(ResourceClaim.class)
                    .inAnyNamespace()
                    .list()
                    .getItems()
                    .forEach(map::claim);
        }
        var result = new ArrayList<NodeDevices>();
        for (Node node : client.nodes().list().getItems()) {
            map.node(node).ifPresent(result::add);
        }
        result.sort(Comparator.comparing(NodeDevices::node));
        return result;
    }

    private void claim(ResourceClaim object) {
        var claim = ClaimReader.read(object);
        if (claim.allocation().isEmpty()) {
            return;
        }
        Pod pod = claim.reservedFor().stream()
                .sorted()
                .map(pods::get)
                .filter(p -> p != null)
                .findFirst()
                .orElse(null);
        String user = pod == null ? claim.namespace() + "/" + claim.name() + " (claim)" : name(pod);
        String owner = pod == null ? user : owner(pod);
        for (ClaimAllocation.Result result : claim.allocation().get().results()) {
            if (!result.adminAccess()) {
                var held = new Holder(owner, user, result.device().device(), devices.part(result));
                holders.computeIfAbsent(
                                result.device().pool() + "/" + result.device().device(), k -> new ArrayList<>())
                        .add(held);
            }
        }
    }

    private Optional<NodeDevices> node(Node node) {
        String name = node.getMetadata().getName();
        var found = new LinkedHashMap<String, Device>();
        for (Slice slice : devices.slicesOf(name)) {
            slice(slice, found);
        }
        List<Device> all = new ArrayList<>(found.values());
        all.addAll(counted(node));
        if (all.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new NodeDevices(name, all.getFirst().product(), List.copyOf(all)));
    }

    /** Partitions stand under the set of counters on which they draw, which is the whole device. */
    private void slice(Slice slice, Map<String, Device> found) {
        for (var device : slice.devices()) {
            List<Holder> held = holders.getOrDefault(slice.pool() + "/" + device.name(), List.of());
            String whole = device.consumesCounters().isEmpty()
                    ? device.name()
                    : device.consumesCounters().keySet().stream()
                            .sorted()
                            .findFirst()
                            .orElse(device.name());
            Device before = found.get(whole);
            var together = new ArrayList<Holder>(before == null ? List.of() : before.holders());
            together.addAll(held);
            boolean tainted = device.taints().stream().anyMatch(t -> t.blocks());
            found.put(
                    whole,
                    new Device(
                            whole,
                            product(device, slice.pool().driver()),
                            !tainted && (before == null || before.available()),
                            List.copyOf(together)));
        }
    }

    private static String product(dev.gyropilot.brain.placement.device.Device device, String driver) {
        for (String key : List.of("productName", "model", "type")) {
            var value = device.attributes().get(key);
            if (value == null) {
                value = device.attributes().get(driver + "/" + key);
            }
            if (value != null) {
                return String.valueOf(value.values().getFirst());
            }
        }
        return driver;
    }

    /** Devices that a device plugin counts have no names; those in use come first. */
    private List<Device> counted(Node node) {
        var result = new ArrayList<Device>();
        Map<String, Quantity> allocatable =
                node.getStatus() == null ? null : node.getStatus().getAllocatable();
        if (allocatable == null) {
            return result;
        }
        allocatable.forEach((resource, amount) -> {
            if (!resource.endsWith("/gpu")) {
                return;
            }
            var held = new ArrayList<Holder>();
            for (Pod pod : pods.values()) {
                boolean here = node.getMetadata().getName().equals(pod.getSpec().getNodeName()) && !hasEnded(pod);
                for (int i = 0; here && i < requested(pod, resource); i++) {
                    held.add(new Holder(owner(pod), name(pod), resource, 1));
                }
            }
            int count = amount.getNumericalAmount().intValue();
            for (int i = 0; i < count; i++) {
                List<Holder> holder = i < held.size() ? List.of(held.get(i)) : List.of();
                result.add(new Device(resource + "-" + i, resource, true, holder));
            }
        });
        return result;
    }

    private static int requested(Pod pod, String resource) {
        int sum = 0;
        for (var container : pod.getSpec().getContainers()) {
            var requests = container.getResources() == null
                    ? null
                    : container.getResources().getRequests();
            Quantity amount = requests == null ? null : requests.get(resource);
            sum += amount == null ? 0 : amount.getNumericalAmount().intValue();
        }
        return sum;
    }

    private static boolean hasEnded(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    }

    private static String owner(Pod pod) {
        String namespace = pod.getMetadata().getNamespace() + "/";
        var labels = pod.getMetadata().getLabels();
        if (labels != null && labels.containsKey(Names.LABEL_GANG)) {
            return "gang " + namespace + labels.get(Names.LABEL_GANG);
        }
        for (OwnerReference owner : pod.getMetadata().getOwnerReferences()) {
            if (Boolean.TRUE.equals(owner.getController())) {
                return owner.getKind() + " " + namespace + owner.getName();
            }
        }
        return "Pod " + name(pod);
    }
}
