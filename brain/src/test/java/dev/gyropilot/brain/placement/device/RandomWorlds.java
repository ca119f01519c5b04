package dev.gyropilot.brain.placement.device;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Small random worlds for one node, as JSON in the API's shapes. They keep clear of what releases of upstream answer
 * differently or nobody specifies: "all" where shares are held, admin access to shared devices, and claims that hold more of a
 * counter than there is.
 */
final class RandomWorlds {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> DRIVERS = List.of("gpu.example.com", "nic.example.com");
    private static final List<String> MODELS = List.of("A", "B");
    private static final List<String> SETS = List.of("set", "other");
    private static final List<String> GROUPS = List.of("x", "y");

    private final Random random;
    private boolean counters;
    private boolean shares;
    private boolean taints;
    private boolean constraints;
    private boolean held;
    private boolean groups;
    private boolean lists;
    private final List<Made> devices = new ArrayList<>();

    /** What a claim that is allocated already may hold. */
    private record Made(String driver, String pool, String name, boolean shared) {}

    RandomWorlds(long seed) {
        random = new Random(seed);
    }

    /** A world with everything in it: features, node, slices, classes, claims. */
    ObjectNode next() {
        counters = chance(40);
        groups = counters && chance(40);
        shares = chance(30);
        taints = chance(30);
        constraints = chance(45);
        lists = constraints && chance(40);
        held = chance(70);
        devices.clear();
        ObjectNode world = JSON.createObjectNode();
        ObjectNode features = world.putObject("features");
        for (String feature : List.of(
                "AdminAccess",
                "CompatibilityGroups",
                "ConsumableCapacity",
                "DeviceBindingAndStatus",
                "DeviceTaints",
                "ListTypeAttributes",
                "PartitionableDevices",
                "PrioritizedList")) {
            features.put(feature, true);
        }
        ObjectNode node = object(world.putObject("node"), "v1", "Node", "n");
        node.withObject("metadata").putObject("labels").put("zone", chance(50) ? "east" : "west");
        ArrayNode slices = world.putArray("slices");
        int pools = 1 + random.nextInt(3);
        for (int p = 0; p < pools; p++) {
            // Two drivers may have a pool of the same name.
            pool(slices, "pool-" + (chance(20) ? 0 : p), p, DRIVERS.get(chance(75) ? 0 : 1));
        }
        ArrayNode classes = world.putArray("classes");
        deviceClass(classes, "gpu", "device.driver == \"gpu.example.com\"");
        deviceClass(classes, "any");
        deviceClass(classes, "model-a", "device.attributes[\"gpu.example.com\"].?model.orValue(\"\") == \"A\"");
        ArrayNode claims = world.putArray("claims");
        for (int i = held ? random.nextInt(counters ? 2 : 3) : 0; i > 0 && !devices.isEmpty(); i--) {
            held(claims, "held-" + i);
        }
        int wanted = 1 + random.nextInt(3);
        for (int i = 0; i < wanted; i++) {
            claim(claims, "claim-" + i);
        }
        return world.put("seconds", 5);
    }

    private void pool(ArrayNode slices, String pool, int at, String driver) {
        if (devices.stream().anyMatch(made -> made.pool.equals(pool) && made.driver.equals(driver))) {
            return;
        }
        String prefix = "slice-" + at;
        int count = counters ? 2 : 1 + random.nextInt(2);
        int promised = chance(2) ? count + 1 : count;
        int first = 0;
        if (counters) {
            ObjectNode spec = slice(slices, prefix + "-counters", pool, driver, promised);
            spec.put("nodeName", "n");
            ArrayNode sets = spec.putArray("sharedCounters");
            for (String set : SETS) {
                sets.addObject()
                        .put("name", set)
                        .putObject("counters")
                        .putObject("units")
                        .put("value", Integer.toString(4 + random.nextInt(3)));
            }
            first = 1;
        }
        int made = 0;
        for (int s = first; s < count; s++) {
            ObjectNode spec = slice(slices, prefix + "-" + s, pool, driver, promised);
            switch (random.nextInt(5)) {
                case 0 -> spec.put("allNodes", true);
                case 1 -> {
                    var term = spec.putObject("nodeSelector")
                            .putArray("nodeSelectorTerms")
                            .addObject();
                    term.putArray("matchExpressions")
                            .addObject()
                            .put("key", "zone")
                            .put("operator", "In")
                            .putArray("values")
                            .add(chance(70) ? "east" : "west");
                }
                default -> spec.put("nodeName", chance(92) ? "n" : "other");
            }
            ArrayNode list = spec.putArray("devices");
            int size = 1 + random.nextInt(4);
            for (int d = 0; d < size; d++) {
                String name = "d-" + (chance(1) && made > 0 ? made - 1 : made++);
                boolean shared = device(list.addObject(), name);
                devices.add(new Made(driver, pool, name, shared));
            }
        }
    }

    private ObjectNode slice(ArrayNode slices, String name, String pool, String driver, int promised) {
        ObjectNode slice = object(slices.addObject(), "resource.k8s.io/v1", "ResourceSlice", name);
        ObjectNode spec = slice.putObject("spec").put("driver", driver);
        spec.putObject("pool")
                .put("name", pool)
                .put("generation", chance(4) ? 2 : 1)
                .put("resourceSliceCount", promised);
        return spec;
    }

    private boolean device(ObjectNode device, String name) {
        device.put("name", name);
        ObjectNode attributes = device.putObject("attributes");
        if (chance(85)) {
            attributes.putObject("model").put("string", pick(MODELS));
        }
        if (chance(80)) {
            ObjectNode numa = attributes.putObject("gpu.example.com/numa");
            if (lists && chance(50)) {
                ArrayNode values = numa.putArray("ints").add(random.nextInt(3));
                if (chance(50)) {
                    values.add(random.nextInt(3));
                }
            } else {
                numa.put("int", random.nextInt(lists ? 3 : 2));
            }
        }
        if (chance(30)) {
            attributes.putObject("shared.example.com/rack").put("version", "1." + random.nextInt(2) + ".0");
        }
        boolean shared = shares && chance(60);
        ObjectNode capacity = device.putObject("capacity").putObject("memory");
        capacity.put("value", (1 + random.nextInt(8)) * 10 + "Gi");
        if (shared) {
            device.put("allowMultipleAllocations", true);
            policy(capacity);
        }
        if (counters && chance(85)) {
            ArrayNode draws = device.putArray("consumesCounters");
            String first = random.nextInt(100) > 0 ? pick(SETS) : "missing";
            draw(draws, first);
            if (chance(15)) {
                draw(draws, first.equals(SETS.getFirst()) ? SETS.getLast() : SETS.getFirst());
            }
        }
        if (taints && chance(35)) {
            device.putArray("taints")
                    .addObject()
                    .put("key", chance(50) ? "broken" : "old")
                    .put("value", "yes")
                    .put("effect", List.of("NoSchedule", "NoExecute", "None").get(random.nextInt(3)));
        }
        if (chance(6)) {
            device.putArray("bindingConditions").add("ready");
            device.putArray("bindingFailureConditions").add("failed");
        }
        if (chance(5)) {
            device.put("bindsToNode", true);
        }
        return shared;
    }

    private void draw(ArrayNode draws, String set) {
        ObjectNode draw = draws.addObject().put("counterSet", set);
        draw.putObject("counters").putObject("units").put("value", Integer.toString(1 + random.nextInt(4)));
        if (groups && chance(70)) {
            ArrayNode names = draw.putArray("compatibilityGroups").add(pick(GROUPS));
            if (chance(40)) {
                names.add("z");
            }
        }
    }

    private void policy(ObjectNode capacity) {
        switch (random.nextInt(3)) {
            case 0 -> {
                ObjectNode policy = capacity.putObject("requestPolicy").put("default", "5Gi");
                ObjectNode range = policy.putObject("validRange").put("min", "5Gi");
                if (chance(50)) {
                    range.put("step", "5Gi");
                }
                if (chance(40)) {
                    range.put("max", "20Gi");
                }
            }
            case 1 ->
                capacity.putObject("requestPolicy")
                        .put("default", "10Gi")
                        .putArray("validValues")
                        .add("5Gi")
                        .add("10Gi")
                        .add("20Gi");
            default -> {}
        }
    }

    private void deviceClass(ArrayNode classes, String name, String... expressions) {
        ArrayNode selectors = object(classes.addObject(), "resource.k8s.io/v1", "DeviceClass", name)
                .putObject("spec")
                .putArray("selectors");
        for (String expression : expressions) {
            selectors.addObject().putObject("cel").put("expression", expression);
        }
    }

    /** A claim that holds a device. */
    private void held(ArrayNode claims, String name) {
        Made device = pick(devices);
        ObjectNode claim = object(claims.addObject(), "resource.k8s.io/v1", "ResourceClaim", name);
        claim.withObject("metadata").put("namespace", "default").put("uid", name);
        ObjectNode spec = claim.putObject("spec")
                .putObject("devices")
                .putArray("requests")
                .addObject();
        spec.put("name", "r").putObject("exactly").put("deviceClassName", "any");
        ObjectNode result = claim.putObject("status")
                .putObject("allocation")
                .putObject("devices")
                .putArray("results")
                .addObject()
                .put("request", "r")
                .put("driver", device.driver)
                .put("pool", device.pool)
                .put("device", device.name);
        if (device.shared) {
            result.put("shareID", "00000000-0000-0000-0000-0000000000" + name.hashCode() % 90 + 10);
            result.putObject("consumedCapacity").put("memory", "10Gi");
        }
    }

    private void claim(ArrayNode claims, String name) {
        ObjectNode claim = object(claims.addObject(), "resource.k8s.io/v1", "ResourceClaim", name);
        claim.withObject("metadata").put("namespace", "default").put("uid", name);
        ObjectNode spec = claim.putObject("spec").putObject("devices");
        ArrayNode requests = spec.putArray("requests");
        boolean distinct = constraints && chance(40);
        int count = 1 + random.nextInt(3);
        for (int r = 0; r < count; r++) {
            ObjectNode request = requests.addObject().put("name", "r" + r);
            if (chance(25)) {
                ArrayNode alternatives = request.putArray("firstAvailable");
                int options = 1 + random.nextInt(3);
                for (int o = 0; o < options; o++) {
                    ask(alternatives.addObject().put("name", "s" + o));
                }
            } else {
                ObjectNode exactly = request.putObject("exactly");
                ask(exactly);
                if (chance(5) && !shares) {
                    exactly.put("adminAccess", true);
                }
            }
        }
        if (constraints) {
            ObjectNode constraint = spec.putArray("constraints").addObject();
            String attribute = List.of("gpu.example.com/model", "gpu.example.com/numa", "shared.example.com/rack")
                    .get(random.nextInt(3));
            constraint.put(distinct ? "distinctAttribute" : "matchAttribute", attribute);
            if (chance(40)) {
                constraint.putArray("requests").add("r0");
            }
        }
    }

    private void ask(ObjectNode ask) {
        ask.put("deviceClassName", random.nextInt(200) > 0 ? pick(List.of("gpu", "any", "model-a")) : "missing");
        if (chance(12) && !(shares && held)) {
            ask.put("allocationMode", "All");
        } else {
            ask.put("allocationMode", "ExactCount");
            ask.put("count", 1 + random.nextInt(chance(80) ? 2 : 4));
        }
        if (chance(20)) {
            String expression = chance(80)
                    ? "device.capacity[\"gpu.example.com\"].memory.compareTo(quantity(\"" + (1 + random.nextInt(5)) * 10
                            + "Gi\")) >= 0"
                    : "device.attributes[\"gpu.example.com\"].model == \"A\"";
            String guarded = "device.driver == \"gpu.example.com\" && " + expression;
            ask.putArray("selectors").addObject().putObject("cel").put("expression", guarded);
        }
        if (taints && chance(50)) {
            ObjectNode toleration = ask.putArray("tolerations").addObject();
            if (chance(30)) {
                toleration.put("operator", "Exists");
            } else {
                toleration.put("key", "broken").put("operator", "Equal").put("value", "yes");
            }
            if (chance(40)) {
                toleration.put("effect", "NoSchedule");
            }
        }
        if (shares && chance(60)) {
            ask.putObject("capacity").putObject("requests").put("memory", (1 + random.nextInt(6)) * 4 + "Gi");
        }
    }

    private ObjectNode object(ObjectNode object, String apiVersion, String kind, String name) {
        object.put("apiVersion", apiVersion)
                .put("kind", kind)
                .putObject("metadata")
                .put("name", name);
        return object;
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
