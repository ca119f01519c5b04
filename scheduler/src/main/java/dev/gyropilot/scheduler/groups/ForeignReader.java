package dev.gyropilot.scheduler.groups;

import dev.gyropilot.brain.placement.gang.Group.Level;
import dev.gyropilot.brain.placement.queue.Amount;
import dev.gyropilot.brain.placement.queue.QueueRules;
import dev.gyropilot.brain.placement.queue.QueueRules.Reclaim;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Reads gangs and queues out of objects of other systems. What is missing or of another type counts as absent. */
public final class ForeignReader {
    private ForeignReader() {}

    /** The gang that an object of one of the {@link ForeignKind} describes. */
    public static GroupSpec group(ForeignKind kind, GenericKubernetesResource object) {
        return switch (kind) {
            case SCHEDULING_POD_GROUP -> schedulingGroup(object);
            case VOLCANO_POD_GROUP ->
                new GroupSpec(
                        Math.max(1, integer(object.get("spec", "minMember"), 1)),
                        foreignName(text(object.get("spec", "queue")), ForeignQueues::volcano),
                        tier(object.get("spec", "networkTopology")));
            case KAI_POD_GROUP ->
                new GroupSpec(
                        Math.max(1, integer(object.get("spec", "minMember"), 1)),
                        foreignName(text(object.get("spec", "queue")), ForeignQueues::kai),
                        kaiLevels(object));
            case JOB_SET -> new GroupSpec(jobSetSize(object), "", List.of());
            case VOLCANO_QUEUE, KUEUE_CLUSTER_QUEUE, KUEUE_LOCAL_QUEUE, KAI_QUEUE ->
                throw new IllegalArgumentException(kind + " describes no gang");
        };
    }

    /** The queue that an object of one of the {@link ForeignKind} describes. */
    public static QueueRules queue(ForeignKind kind, GenericKubernetesResource object) {
        String name = queueName(kind, object);
        return switch (kind) {
            case VOLCANO_QUEUE ->
                rules(
                        name,
                        foreignName(text(object.get("spec", "parent")), ForeignQueues::volcano),
                        resources(object.get("spec", "guarantee", "resource")),
                        limit(object.get("spec", "capability")),
                        Math.max(1, integer(object.get("spec", "weight"), 1)),
                        !Boolean.FALSE.equals(object.get("spec", "reclaimable")));
            case KUEUE_CLUSTER_QUEUE -> rules(name, "", kueueQuota(object), kueueLimit(object), 1, true);
            case KUEUE_LOCAL_QUEUE ->
                rules(
                        name,
                        ForeignQueues.cluster(text(object.get("spec", "clusterQueue"))),
                        Amount.UNLIMITED,
                        Amount.UNLIMITED,
                        1,
                        true);
            case KAI_QUEUE ->
                rules(
                        name,
                        foreignName(text(object.get("spec", "parentQueue")), ForeignQueues::kai),
                        new Amount(millis(object.get("spec", "resources", "gpu", "quota")), -1, -1),
                        kaiLimit(object),
                        Math.max(1, integer(object.get("spec", "resources", "gpu", "overQuotaWeight"), 1)),
                        true);
            case SCHEDULING_POD_GROUP, VOLCANO_POD_GROUP, KAI_POD_GROUP, JOB_SET ->
                throw new IllegalArgumentException(kind + " describes no queue");
        };
    }

    /** The name by which the queue that an object describes stands in the tree. */
    public static String queueName(ForeignKind kind, GenericKubernetesResource object) {
        String name = object.getMetadata().getName();
        return switch (kind) {
            case VOLCANO_QUEUE -> ForeignQueues.volcano(name);
            case KUEUE_CLUSTER_QUEUE -> ForeignQueues.cluster(name);
            case KUEUE_LOCAL_QUEUE -> ForeignQueues.local(object.getMetadata().getNamespace(), name);
            case KAI_QUEUE -> ForeignQueues.kai(name);
            case SCHEDULING_POD_GROUP, VOLCANO_POD_GROUP, KAI_POD_GROUP, JOB_SET ->
                throw new IllegalArgumentException(kind + " describes no queue");
        };
    }

    private static QueueRules rules(
            String name, String parent, Amount guaranteed, Amount limit, int weight, boolean reclaims) {
        // A guarantee without bounds means that the queue above decides.
        Amount sure = guaranteed.equals(Amount.UNLIMITED) ? new Amount(0, -1, -1) : guaranteed;
        return new QueueRules(
                name,
                parent.isEmpty() ? Optional.empty() : Optional.of(parent),
                sure,
                limit,
                weight,
                true,
                reclaims ? Reclaim.ANY : Reclaim.NEVER,
                true);
    }

    private static GroupSpec schedulingGroup(GenericKubernetesResource object) {
        Object gang = object.get("spec", "schedulingPolicy", "gang", "minCount");
        return new GroupSpec(
                Math.max(1, integer(gang, 1)), "", topology(object.get("spec", "schedulingConstraints", "topology")));
    }

    private static List<Level> topology(@Nullable Object constraints) {
        var levels = new ArrayList<Level>();
        if (constraints instanceof List<?> list) {
            for (Object entry : list) {
                if (entry instanceof Map<?, ?> map && map.get("key") instanceof String key) {
                    levels.add(new Level(key, true));
                }
            }
        }
        return levels;
    }

    /** Volcano's tiers are numbers of its own topology objects; only the wish to be near can be taken over. */
    private static List<Level> tier(@Nullable Object wish) {
        return wish instanceof Map<?, ?> map && map.get("highestTierName") instanceof String key
                ? List.of(new Level(key, "hard".equals(map.get("mode"))))
                : List.of();
    }

    private static List<Level> kaiLevels(GenericKubernetesResource object) {
        var levels = new ArrayList<Level>();
        if (object.get("spec", "topologyConstraint", "requiredTopologyLevel") instanceof String required) {
            levels.add(new Level(required, true));
        }
        if (object.get("spec", "topologyConstraint", "preferredTopologyLevel") instanceof String preferred) {
            levels.add(new Level(preferred, false));
        }
        return levels;
    }

    private static int jobSetSize(GenericKubernetesResource object) {
        int size = 0;
        if (object.get("spec", "replicatedJobs") instanceof List<?> jobs) {
            for (Object entry : jobs) {
                if (entry instanceof Map<?, ?> job) {
                    Object spec = job.get("template") instanceof Map<?, ?> template ? template.get("spec") : null;
                    Object parallelism = spec instanceof Map<?, ?> map ? map.get("parallelism") : null;
                    size += integer(job.get("replicas"), 1) * integer(parallelism, 1);
                }
            }
        }
        return Math.max(1, size);
    }

    private static Amount kueueQuota(GenericKubernetesResource object) {
        return kueueSum(object);
    }

    /** Borrowing without a limit is limited by what there is. */
    private static Amount kueueLimit(GenericKubernetesResource object) {
        return object.get("spec", "cohort") == null && object.get("spec", "cohortName") == null
                ? unlimitedWhereAbsent(kueueSum(object))
                : Amount.UNLIMITED;
    }

    private static Amount kueueSum(GenericKubernetesResource object) {
        long devices = 0;
        long cpu = -1;
        long memory = -1;
        if (object.get("spec", "resourceGroups") instanceof List<?> groups) {
            for (Object group : groups) {
                for (Object flavor : list(group, "flavors")) {
                    for (Object resource : list(flavor, "resources")) {
                        if (resource instanceof Map<?, ?> map && map.get("name") instanceof String name) {
                            Object quota = map.get("nominalQuota");
                            if (name.equals("cpu")) {
                                cpu = Math.max(0, cpu) + millis(quota);
                            } else if (name.equals("memory")) {
                                memory = Math.max(0, memory) + millis(quota) / 1000;
                            } else if (name.endsWith("gpu")) {
                                devices += millis(quota);
                            }
                        }
                    }
                }
            }
        }
        return new Amount(devices, cpu, memory);
    }

    private static Amount unlimitedWhereAbsent(Amount amount) {
        return new Amount(
                amount.deviceMillis(),
                amount.cpuMillis() < 0 ? Long.MAX_VALUE : amount.cpuMillis(),
                amount.memoryBytes() < 0 ? Long.MAX_VALUE : amount.memoryBytes());
    }

    private static Amount kaiLimit(GenericKubernetesResource object) {
        double limit = number(object.get("spec", "resources", "gpu", "limit"), -1);
        return limit < 0 ? Amount.UNLIMITED : new Amount(Math.round(limit * 1000), Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /** A map of resource names to quantities, as a guarantee. */
    private static Amount resources(@Nullable Object map) {
        long devices = 0;
        long cpu = -1;
        long memory = -1;
        if (map instanceof Map<?, ?> amounts) {
            for (var entry : amounts.entrySet()) {
                String name = String.valueOf(entry.getKey());
                if (name.equals("cpu")) {
                    cpu = millis(entry.getValue());
                } else if (name.equals("memory")) {
                    memory = millis(entry.getValue()) / 1000;
                } else if (name.endsWith("/gpu")) {
                    devices += millis(entry.getValue());
                }
            }
        }
        return new Amount(devices, cpu, memory);
    }

    private static Amount limit(@Nullable Object map) {
        if (!(map instanceof Map<?, ?> amounts)) {
            return Amount.UNLIMITED;
        }
        Amount given = unlimitedWhereAbsent(resources(map));
        boolean devices =
                amounts.keySet().stream().anyMatch(name -> String.valueOf(name).endsWith("/gpu"));
        return devices ? given : new Amount(Long.MAX_VALUE, given.cpuMillis(), given.memoryBytes());
    }

    private static List<?> list(@Nullable Object map, String key) {
        return map instanceof Map<?, ?> m && m.get(key) instanceof List<?> list ? list : List.of();
    }

    private static String foreignName(String name, UnaryOperator<String> naming) {
        return name.isEmpty() ? "" : naming.apply(name);
    }

    private static String text(@Nullable Object value) {
        return value instanceof String text ? text : "";
    }

    private static int integer(@Nullable Object value, int otherwise) {
        return (int) Math.clamp(number(value, otherwise), 0, 1_000_000);
    }

    private static long millis(@Nullable Object quantity) {
        return Math.round(number(quantity, 0) * 1000);
    }

    private static double number(@Nullable Object value, double otherwise) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        try {
            return value instanceof String text
                    ? new Quantity(text).getNumericalAmount().doubleValue()
                    : otherwise;
        } catch (IllegalArgumentException e) {
            return otherwise;
        }
    }
}
