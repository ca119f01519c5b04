package dev.gyropilot.node.simulate;

import dev.gyropilot.api.Names;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttribute;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttributeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceCapacityBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/** The objects of simulated nodes, as pure functions of the specification. */
final class SimulatedObjects {
    static final String DRIVER = "gpu.gyropilot.dev";
    static final String DRIVER_VERSION = "580.95.5";
    private static final String ADDRESS = "127.0.0.1";
    private static final int PODS = 110;
    private static final int DISK_GI = 3_500;
    private static final int ZONES = 3;
    private static final int PODS_PER_RACK = 16;

    private SimulatedObjects() {}

    /** A node and what it is made of. */
    record Shape(String name, int index, SimulationSpec.Group group) {}

    static List<Shape> shapes(SimulationSpec spec) {
        var result = new ArrayList<Shape>();
        for (var group : spec.groups()) {
            for (int i = 0; i < group.nodes(); i++) {
                String prefix = "sim-" + group.devices() + "x" + group.product().lowerName();
                result.add(new Shape(prefix + "-" + String.format(java.util.Locale.ROOT, "%04d", i), i, group));
            }
        }
        return result;
    }

    static Node node(Shape shape) {
        var labels = new LinkedHashMap<String, String>();
        labels.put(Names.LABEL_SIMULATED, "true");
        labels.put("kubernetes.io/hostname", shape.name());
        labels.put("kubernetes.io/os", "linux");
        labels.put("kubernetes.io/arch", "amd64");
        labels.put(
                "node.kubernetes.io/instance-type",
                "simulated-" + shape.group().devices() + "x"
                        + shape.group().product().lowerName());
        labels.put("topology.kubernetes.io/region", "simulated");
        labels.put("topology.kubernetes.io/zone", "simulated-" + (char) ('a' + shape.index() % ZONES));
        labels.put("gyropilot.dev/rack", "rack-" + shape.index() / PODS_PER_RACK);
        labels.put("gyropilot.dev/accelerator", shape.group().product().name());
        return new NodeBuilder()
                .withNewMetadata()
                .withName(shape.name())
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                // Real programs do nothing here, so pods that could go elsewhere should.
                .addNewTaint()
                .withKey(Names.LABEL_SIMULATED)
                .withValue("true")
                .withEffect("PreferNoSchedule")
                .endTaint()
                .endSpec()
                .build();
    }

    static NodeStatus status(Shape shape, int port, Instant now) {
        var group = shape.group();
        var capacity = new LinkedHashMap<String, Quantity>();
        capacity.put("cpu", new Quantity(Integer.toString(group.devices() * group.product().coresEach)));
        capacity.put("memory", new Quantity(group.devices() * group.product().hostMemoryGiEach + "Gi"));
        capacity.put("ephemeral-storage", new Quantity(DISK_GI + "Gi"));
        capacity.put("pods", new Quantity(Integer.toString(PODS)));
        return new NodeStatusBuilder()
                .withCapacity(capacity)
                .withAllocatable(capacity)
                .addNewAddress(ADDRESS, "InternalIP")
                .addNewAddress(shape.name(), "Hostname")
                .withNewDaemonEndpoints()
                .withNewKubeletEndpoint(port)
                .endDaemonEndpoints()
                .withNewNodeInfo()
                .withArchitecture("amd64")
                .withOperatingSystem("linux")
                .withOsImage("Simulated")
                .withKernelVersion("simulated")
                .withContainerRuntimeVersion("gyropilot://simulated")
                .withKubeletVersion("v1.36.4-gyropilot-simulated")
                .withKubeProxyVersion("")
                .withMachineID(uuid(shape.name()))
                .withSystemUUID(uuid(shape.name()))
                .withBootID(uuid(shape.name() + "/boot"))
                .endNodeInfo()
                .withConditions(
                        condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "simulated", now),
                        condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "simulated", now),
                        condition("PIDPressure", "False", "KubeletHasSufficientPID", "simulated", now),
                        condition("Ready", "True", "KubeletReady", "this node is simulated", now))
                .build();
    }

    static ResourceSlice slice(Shape shape, Node node) {
        List<Device> devices = IntStream.range(0, shape.group().devices())
                .mapToObj(i -> device(shape, i))
                .toList();
        return new ResourceSliceBuilder()
                .withNewMetadata()
                .withName(shape.name() + "-" + DRIVER)
                .addToLabels(Names.LABEL_SIMULATED, "true")
                .addNewOwnerReference()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(shape.name())
                .withUid(node.getMetadata().getUid())
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withNewSpec()
                .withDriver(DRIVER)
                .withNodeName(shape.name())
                .withNewPool()
                .withName(shape.name())
                .withGeneration(1L)
                .withResourceSliceCount(1L)
                .endPool()
                .withDevices(devices)
                .endSpec()
                .build();
    }

    static DeviceClass deviceClass() {
        return new DeviceClassBuilder()
                .withNewMetadata()
                .withName(DRIVER)
                .endMetadata()
                .withNewSpec()
                .addNewSelector()
                .withNewCel()
                .withExpression("device.driver == \"" + DRIVER + "\"")
                .endCel()
                .endSelector()
                .endSpec()
                .build();
    }

    private static Device device(Shape shape, int index) {
        Accelerator product = shape.group().product();
        var attributes = new LinkedHashMap<String, DeviceAttribute>();
        attributes.put("type", text("gpu"));
        attributes.put("productName", text(product.product));
        attributes.put("architecture", text(product.architecture));
        attributes.put("brand", text(product.product.substring(0, product.product.indexOf(' '))));
        attributes.put("uuid", text("GPU-" + uuid(shape.name() + "/" + index)));
        attributes.put("index", number(index));
        attributes.put(
                "driverVersion",
                new DeviceAttributeBuilder().withVersion(DRIVER_VERSION).build());
        attributes.put("simulated", new DeviceAttributeBuilder().withBool(true).build());
        // Two devices on each PCIe switch, half of the switches on each socket, as in an HGX board.
        int devices = shape.group().devices();
        attributes.put("resource.kubernetes.io/pcieRoot", text("pci0000:" + (char) ('a' + index / 2 % 26) + "0"));
        attributes.put("numaNode", number(index * 2L / Math.max(2, devices)));
        if (product.linked) {
            attributes.put("nvlinkDomain", text(shape.name()));
        }
        return new DeviceBuilder()
                .withName("gpu-" + index)
                .withAttributes(attributes)
                .withCapacity(Map.of(
                        "memory",
                        new DeviceCapacityBuilder()
                                .withValue(new Quantity(product.memoryGi + "Gi"))
                                .build()))
                .build();
    }

    private static DeviceAttribute text(String value) {
        return new DeviceAttributeBuilder().withString(value).build();
    }

    private static DeviceAttribute number(long value) {
        return new DeviceAttributeBuilder().withInt(value).build();
    }

    private static String uuid(String of) {
        return UUID.nameUUIDFromBytes(of.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private static NodeCondition condition(String type, String status, String reason, String message, Instant now) {
        String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
        return new NodeConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastHeartbeatTime(time)
                .withLastTransitionTime(time)
                .build();
    }
}
