package dev.gyropilot.scheduler;

import dev.gyropilot.api.queue.Queue;
import dev.gyropilot.brain.placement.Node;
import dev.gyropilot.brain.placement.Placement;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.Verdict;
import dev.gyropilot.brain.placement.device.Allocator;
import dev.gyropilot.brain.placement.device.CelSelectors;
import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.device.ClaimAllocation;
import dev.gyropilot.brain.placement.device.ClaimSet;
import dev.gyropilot.brain.placement.device.Features;
import dev.gyropilot.brain.placement.device.ImplicitClaim;
import dev.gyropilot.brain.placement.device.Outcome;
import dev.gyropilot.brain.placement.gang.GangVerdict.Assignment;
import dev.gyropilot.brain.placement.objects.ClaimNames;
import dev.gyropilot.brain.placement.objects.ClaimReader;
import dev.gyropilot.brain.placement.objects.DeviceReader;
import dev.gyropilot.brain.placement.objects.NodeReader;
import dev.gyropilot.brain.placement.objects.PodReader;
import dev.gyropilot.brain.placement.queue.Cycle;
import dev.gyropilot.brain.placement.queue.Decision;
import dev.gyropilot.brain.placement.queue.Demand;
import dev.gyropilot.brain.placement.queue.Job;
import dev.gyropilot.brain.placement.queue.QueueTree;
import dev.gyropilot.brain.placement.queue.Remedies;
import dev.gyropilot.brain.placement.queue.Running;
import dev.gyropilot.scheduler.claims.ImplicitClaims;
import dev.gyropilot.scheduler.claims.TemplateClaims;
import dev.gyropilot.scheduler.groups.ForeignKind;
import dev.gyropilot.scheduler.groups.ForeignReader;
import dev.gyropilot.scheduler.groups.Membership;
import dev.gyropilot.scheduler.groups.MembershipReader;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler's decisions on a world that is given as objects, without an API. Pods are decided by priority, then in the
 * order given; with gangs or queues in the world all of them in cycles. A claim that no pod uses is allocated by itself on
 * the first node that can. The same objects always get the same answer.
 */
public final class OfflineScheduler {
    private static final long SEED = 0;

    /** More cycles than any world needs in which each starts something. */
    private static final int CYCLE_LIMIT = 10_000;

    private final World world = new World();
    private final Allocator allocator;
    private final Placement placement;
    private final Map<String, ResourceClaimTemplate> templates = new HashMap<>();
    private final Map<String, Integer> priorities = new HashMap<>();
    private final PodReader reader = new PodReader();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, ResourceClaim> claims = new LinkedHashMap<>();
    private final List<Waiting> pods = new ArrayList<>();
    private final Set<String> usedClaims = new HashSet<>();
    private final Map<String, PlacedPod> placed = new LinkedHashMap<>();
    private final Map<String, PlacedClaim> allocated = new LinkedHashMap<>();
    private final List<ResourceClaim> generated = new ArrayList<>();
    private final Map<Id, Unplaced> unplaced = new LinkedHashMap<>();
    private boolean cycles;

    private record Waiting(Pod object, dev.gyropilot.brain.placement.Pod pod, PodFacts facts, Membership membership) {}

    private record Id(String kind, String namespace, String name) {}

    /**
     * A pod that got a place.
     *
     * @param implicit its claim for extended resources that devices serve
     */
    public record PlacedPod(String namespace, String name, String uid, String node, Optional<ImplicitClaim> implicit) {}

    /**
     * A claim as it is in the end.
     *
     * @param pods the uids of the pods that use it, by name
     */
    public record PlacedClaim(
            String namespace, String name, @Nullable ClaimAllocation allocation, Map<String, String> pods) {}

    /** What got no place, and why. */
    public record Unplaced(String kind, String namespace, String name, String reason, String message) {}

    /** @param generated claims made from templates, and for extended resources */
    public record Result(
            List<PlacedPod> pods, List<PlacedClaim> claims, List<ResourceClaim> generated, List<Unplaced> unplaced) {}

    private OfflineScheduler(boolean thriftyDevices) {
        var inOrder = new Allocator(Features.ALL, new CelSelectors());
        this.allocator = thriftyDevices ? inOrder.thrifty() : inOrder;
        this.placement = new Placement(SEED, allocator);
    }

    /**
     * Decides on all pods and claims among these objects; objects of kinds that do not matter for it are left alone.
     *
     * @param thriftyDevices as in {@link SchedulerConfig}
     */
    public static Result place(List<? extends HasMetadata> objects, boolean thriftyDevices) {
        var scheduler = new OfflineScheduler(thriftyDevices);
        // What others refer to comes first, whatever the order in the file.
        objects.stream().sorted(Comparator.comparingInt(OfflineScheduler::rank)).forEach(scheduler::read);
        scheduler.implyNodes(objects);
        scheduler.decide();
        return scheduler.result();
    }

    /** The uid that the pod has here: its own, or one that follows from its name. */
    public static String uid(Pod pod) {
        String name = namespace(pod) + "/" + pod.getMetadata().getName();
        return Objects.requireNonNullElseGet(
                pod.getMetadata().getUid(),
                () -> UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8))
                        .toString());
    }

    private static int rank(HasMetadata object) {
        return switch (object) {
            case ResourceClaim _ -> 1;
            case Pod pod -> pod.getSpec() != null && pod.getSpec().getNodeName() != null ? 2 : 3;
            default -> 0;
        };
    }

    private void read(HasMetadata object) {
        try {
            switch (object) {
                case io.fabric8.kubernetes.api.model.Node node -> node(NodeReader.read(node));
                case Namespace namespace ->
                    world.namespace(
                            namespace.getMetadata().getName(),
                            Objects.requireNonNullElse(namespace.getMetadata().getLabels(), Map.of()));
                case DeviceClass type -> world.devices(devices -> devices.with(DeviceReader.read(type)));
                case ResourceSlice slice -> world.slice(DeviceReader.read(slice), 0);
                case PriorityClass type ->
                    priorities.put(type.getMetadata().getName(), Objects.requireNonNullElse(type.getValue(), 0));
                case ResourceClaimTemplate template -> templates.put(key(template), template);
                case ResourceClaim claim -> claim(claim);
                case Queue queue -> {
                    world.jobs().queue(QueueFeed.read(queue));
                    cycles = true;
                }
                case GenericKubernetesResource rule
                when rule.getKind().equals(TaintRuleFeed.KIND) ->
                    world.taintRule(rule.getMetadata().getName(), DeviceReader.taintRule(rule));
                case GenericKubernetesResource foreign -> foreign(foreign);
                case Pod pod -> pod(pod);
                default -> {}
            }
        } catch (IllegalArgumentException e) {
            refuse(object, "Invalid", String.valueOf(e.getMessage()));
        }
    }

    private void node(Node node) {
        nodes.add(node);
        world.node(node);
    }

    /** A world without nodes has those that its slices name, for claims; pods need real ones. */
    private void implyNodes(List<? extends HasMetadata> objects) {
        if (!nodes.isEmpty()) {
            return;
        }
        var names = new LinkedHashSet<String>();
        for (HasMetadata object : objects) {
            if (object instanceof ResourceSlice slice && slice.getSpec() != null) {
                names.add(Objects.requireNonNullElse(slice.getSpec().getNodeName(), ""));
                slice.getSpec()
                        .getDevices()
                        .forEach(device -> names.add(Objects.requireNonNullElse(device.getNodeName(), "")));
            }
        }
        names.stream()
                .sorted(Comparator.comparing(String::isEmpty))
                .forEach(name -> nodes.add(new Node(name, Map.of(), List.of(), false, Map.of())));
    }

    private void claim(ResourceClaim object) {
        object.getMetadata().setNamespace(namespace(object));
        Claim claim = ClaimReader.read(object);
        claims.put(key(object), object);
        world.devices(devices -> devices.with(claim));
    }

    private void foreign(GenericKubernetesResource object) {
        for (ForeignKind kind : ForeignKind.values()) {
            if (kind.apiVersion().equals(object.getApiVersion()) && kind.kind().equals(object.getKind())) {
                object.getMetadata().setNamespace(namespace(object));
                if (kind.isQueue()) {
                    world.jobs().queue(ForeignReader.queue(kind, object));
                } else {
                    String key =
                            kind.key(namespace(object), object.getMetadata().getName());
                    world.jobs().spec(key, ForeignReader.group(kind, object));
                }
                cycles = true;
            }
        }
    }

    private void pod(Pod object) {
        if (object.getSpec() == null) {
            throw new IllegalArgumentException("spec is missing: a pod needs spec.containers");
        }
        var builder = new PodBuilder(object)
                .editMetadata()
                .withNamespace(namespace(object))
                .withUid(uid(object))
                .endMetadata();
        Integer priority = object.getSpec().getPriority();
        String className = object.getSpec().getPriorityClassName();
        if (priority == null && className != null) {
            Integer value = priorities.get(className);
            if (value == null) {
                throw new IllegalArgumentException("spec.priorityClassName is \"" + className
                        + "\", and there is no such PriorityClass. Remedy: add it, or set spec.priority.");
            }
            builder.editSpec().withPriority(value).endSpec();
        }
        Pod pod = builder.build();
        String node = pod.getSpec().getNodeName();
        String phase =
                pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
        if (phase.equals("Succeeded") || phase.equals("Failed")) {
            return;
        }
        pod = withClaims(pod);
        Membership membership = MembershipReader.of(pod);
        var read = ordered(reader.read(pod), pods.size());
        read.claims().forEach(name -> usedClaims.add(read.namespace() + "/" + name));
        PodFacts facts = PodFacts.of(pod);
        if (node != null && !node.isEmpty()) {
            world.jobs().placed(pod, read, facts, membership, node);
            world.placed(read, node);
            placed.put(read.uid(), new PlacedPod(read.namespace(), read.name(), read.uid(), node, Optional.empty()));
            read.claims().forEach(name -> uses(read, name));
            return;
        }
        cycles |= !membership.isNone();
        pods.add(new Waiting(pod, read, facts, membership));
    }

    /** Pods that do not say when they were made were made in the order given. */
    private static dev.gyropilot.brain.placement.Pod ordered(dev.gyropilot.brain.placement.Pod pod, int index) {
        return pod.createdMillis() > 0
                ? pod
                : new dev.gyropilot.brain.placement.Pod(
                        pod.name(),
                        pod.uid(),
                        pod.shape(),
                        pod.priority(),
                        index,
                        pod.claims(),
                        pod.unmadeClaims(),
                        pod.extended());
    }

    /** Makes the claims that the pod's templates ask for. */
    private Pod withClaims(Pod pod) {
        List<String> pending = ClaimNames.of(pod).pending();
        if (pending.isEmpty()) {
            return pod;
        }
        var builder = new PodBuilder(pod).editOrNewStatus();
        for (PodResourceClaim entry : pod.getSpec().getResourceClaims()) {
            if (pending.contains(entry.getName())) {
                String name = entry.getResourceClaimTemplateName();
                ResourceClaimTemplate template = templates.get(namespace(pod) + "/" + name);
                if (template == null) {
                    throw new IllegalArgumentException("spec.resourceClaims: " + entry.getName()
                            + " names the ResourceClaimTemplate \"" + name + "\", which is not in namespace "
                            + namespace(pod) + ". Remedy: add it, or name another.");
                }
                ResourceClaim claim = TemplateClaims.of(pod, entry, template);
                claim(claim);
                generated.add(claim);
                builder.addNewResourceClaimStatus(
                        entry.getName(), claim.getMetadata().getName());
            }
        }
        return builder.endStatus().build();
    }

    private void decide() {
        if (cycles) {
            pods.forEach(waiting -> world.jobs().waits(waiting.object, waiting.pod, waiting.facts, waiting.membership));
            runCycles();
        } else {
            pods.stream()
                    .sorted(Comparator.comparingInt((Waiting waiting) -> -waiting.pod.priority()))
                    .forEach(this::decide);
            if (world.jobs().hasWaiting()) {
                runCycles();
            }
        }
        claims.values().stream()
                .filter(claim -> !usedClaims.contains(key(claim)))
                .forEach(this::allocate);
    }

    private void decide(Waiting waiting) {
        switch (placement.decide(world.snapshot(), waiting.pod)) {
            case Verdict.Placed verdict -> place(waiting.object, waiting.pod, verdict);
            case Verdict.Unplaceable _
            when waiting.facts.mayPreempt() && world.jobs().mayPreempt(waiting.pod.priority()) ->
                world.jobs().waits(waiting.object, waiting.pod, waiting.facts, Membership.NONE);
            case Verdict.Unplaceable refusal ->
                refuse(
                        waiting.object,
                        "Unschedulable",
                        refusal.message()
                                + refusal.remedy()
                                        .map(remedy -> " " + remedy.message())
                                        .orElse(""));
            case Verdict.Waiting missing -> refuse(waiting.object, "Unschedulable", missing.message());
            case Verdict.Failed failed -> refuse(waiting.object, "SchedulerError", failed.message());
        }
    }

    private void place(Pod object, dev.gyropilot.brain.placement.Pod pod, Verdict.Placed verdict) {
        world.decided(pod, verdict);
        verdict.implicit().ifPresent(implicit -> generated.add(ImplicitClaims.of(object, implicit)));
        placed.put(
                pod.uid(), new PlacedPod(pod.namespace(), pod.name(), pod.uid(), verdict.node(), verdict.implicit()));
        verdict.bound(pod).claims().forEach(name -> uses(pod, name));
    }

    private void uses(dev.gyropilot.brain.placement.Pod pod, String claim) {
        world.snapshot().devices().claim(pod.namespace(), claim).ifPresent(now -> {
            String key = pod.namespace() + "/" + claim;
            PlacedClaim before = allocated.get(key);
            Map<String, String> users = new LinkedHashMap<>(before == null ? Map.of() : before.pods);
            users.put(pod.name(), pod.uid());
            allocated.put(
                    key,
                    new PlacedClaim(pod.namespace(), claim, now.allocation().orElse(null), users));
        });
    }

    /** Cycles until one starts nothing; what then waits has its reason from the last one. */
    private void runCycles() {
        var cycle = new Cycle(SEED, allocator);
        for (int i = 0; i < CYCLE_LIMIT; i++) {
            if (!runs(cycle)) {
                return;
            }
        }
    }

    private boolean runs(Cycle cycle) {
        Jobs jobs = world.jobs();
        Snapshot snapshot = world.snapshot();
        var tree = QueueTree.of(jobs.queues(), Demand.capacity(snapshot));
        var running = new ArrayList<Running>();
        var waiting = new ArrayList<Job>();
        for (Jobs.Gang gang : jobs.gangs()) {
            Running work = jobs.running(gang, snapshot, 0);
            if (work != null) {
                running.add(work);
                tree.charge(work.queue(), work.amount(), 1);
            }
            String unready = gang.waiting().isEmpty() ? "" : jobs.unready(gang);
            if (unready.isEmpty()) {
                waiting.addAll(jobs.waiting(gang, snapshot));
            } else {
                gang.waiting().forEach(pod -> refuse(pod.object, "GangIncomplete", unready));
            }
        }
        waiting.removeIf(job -> job.group().allPods().isEmpty());
        var result = cycle.run(new Cycle.Input(snapshot, tree, waiting, running, List.of(), 0));
        boolean started = false;
        var remedies = new Remedies(SEED, allocator);
        for (Decision decision : result.decisions()) {
            switch (decision) {
                case Decision.Start start -> {
                    start.assignments().forEach(this::start);
                    started = true;
                }
                case Decision.Preempt preempt ->
                    refuse(
                            preempt.job(),
                            "Preempting",
                            "it has the right to the place of "
                                    + String.join(
                                            ", ",
                                            preempt.victims().stream()
                                                    .map(Running::id)
                                                    .toList())
                                    + ", which would be stopped for it.");
                case Decision.Wait wait ->
                    refuse(
                            wait.job(),
                            Rounds.reason(wait.why()),
                            wait.message()
                                    + (wait.why() == Decision.Why.ROOM
                                            ? remedies.of(result.after(), tree, wait.job(), running)
                                            : ""));
            }
        }
        return started;
    }

    private void start(Assignment assignment) {
        JobPod pod = world.jobs().find(assignment.pod().uid());
        if (pod != null) {
            place(pod.object, pod.pod, assignment.placed());
            world.jobs().decided(pod, assignment.placed().node());
            pod.binding = false;
            unplaced.remove(new Id("Pod", pod.pod.namespace(), pod.pod.name()));
        }
    }

    private void refuse(Job job, String reason, String message) {
        for (var member : job.group().allPods()) {
            JobPod pod = world.jobs().find(member.uid());
            if (pod != null) {
                refuse(pod.object, reason, message);
            }
        }
    }

    /** A claim that no pod uses, on the first node that can. */
    private void allocate(ResourceClaim object) {
        Claim claim = world.snapshot()
                .devices()
                .claim(namespace(object), object.getMetadata().getName())
                .orElseThrow();
        if (claim.allocation().isPresent()) {
            return;
        }
        var asPod = new dev.gyropilot.brain.placement.Pod(
                claim.name(),
                claim.uid(),
                dev.gyropilot.brain.placement.PodShape.of(claim.namespace(), Map.of(), Map.of()),
                0,
                0,
                List.of(claim.name()),
                List.of());
        ClaimSet set = ClaimSet.of(world.snapshot().devices(), asPod);
        if (set.obstacle().isPresent()) {
            refuse(object, "Unschedulable", set.obstacle().get() + ".");
            return;
        }
        var reasons = new LinkedHashMap<String, Integer>();
        for (Node node : nodes) {
            switch (allocator.allocate(world.snapshot().devices(), node, List.of(claim))) {
                case Outcome.Allocated found -> {
                    ClaimAllocation allocation = found.claims().getFirst();
                    world.devices(devices -> devices.with(claim.allocated(allocation, Set.of())));
                    allocated.put(key(object), new PlacedClaim(claim.namespace(), claim.name(), allocation, Map.of()));
                    return;
                }
                case Outcome.NoFit noFit -> reasons.merge(noFit.reason(), 1, Integer::sum);
                case Outcome.Failed failed -> {
                    refuse(object, "SchedulerError", failed.message());
                    return;
                }
            }
        }
        refuse(
                object,
                "Unschedulable",
                new Verdict.Unplaceable(nodes.size(), reasons, Set.of(), Optional.empty()).message());
    }

    private void refuse(HasMetadata object, String reason, String message) {
        String namespace = object instanceof io.fabric8.kubernetes.api.model.Namespaced ? namespace(object) : "";
        String kind = object.getKind();
        String name = object.getMetadata().getName();
        unplaced.put(new Id(kind, namespace, name), new Unplaced(kind, namespace, name, reason, message));
    }

    /** With a pod that waits wait its claims that have no devices. */
    private Result result() {
        var all = new ArrayList<>(unplaced.values());
        for (Waiting waiting : pods) {
            Unplaced refusal = unplaced.get(new Id("Pod", waiting.pod.namespace(), waiting.pod.name()));
            if (refusal != null) {
                waiting.pod.claims().stream()
                        .filter(name -> isIdle(waiting.pod.namespace(), name))
                        .map(name -> new Unplaced(
                                "ResourceClaim", waiting.pod.namespace(), name, refusal.reason, refusal.message))
                        .filter(claim ->
                                unplaced.putIfAbsent(new Id(claim.kind, claim.namespace, claim.name), claim) == null)
                        .forEach(all::add);
            }
        }
        return new Result(
                List.copyOf(placed.values()),
                List.copyOf(allocated.values()),
                List.copyOf(generated),
                List.copyOf(all));
    }

    /** Whether the claim is there and has no devices. */
    private boolean isIdle(String namespace, String claim) {
        return world.snapshot()
                .devices()
                .claim(namespace, claim)
                .filter(c -> c.allocation().isEmpty())
                .isPresent();
    }

    private static String key(HasMetadata object) {
        return namespace(object) + "/" + object.getMetadata().getName();
    }

    private static String namespace(HasMetadata object) {
        return Objects.requireNonNullElse(object.getMetadata().getNamespace(), "default");
    }
}
