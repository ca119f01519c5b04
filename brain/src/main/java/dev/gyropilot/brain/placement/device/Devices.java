package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.Pod;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All slices, classes and claims of a snapshot, and which devices are in use. Immutable; a change makes a cheap copy. */
public final class Devices {
    public static final Devices EMPTY = new Devices(
            new Shards<>(), new Shards<>(), Set.of(), new Shards<>(), Classes.NONE, new Shards<>(), new Shards<>(), 0);

    private final Shards<String, Slice> slices;
    private final Shards<PoolId, Pool> pools;

    /** Pools with a slice that is not bound to one node by name. */
    private final Set<PoolId> widePools;

    /** Pools with slices of this node, by node name. */
    private final Shards<String, Set<PoolId>> poolsOfNode;

    private final Classes classes;
    private final Shards<String, Claim> claims;

    /** By pool and device name. */
    private final Shards<PoolId, Map<String, Use>> uses;

    /** How many slices have devices of which less than the whole is given out. */
    private final int divisible;

    private Devices(
            Shards<String, Slice> slices,
            Shards<PoolId, Pool> pools,
            Set<PoolId> widePools,
            Shards<String, Set<PoolId>> poolsOfNode,
            Classes classes,
            Shards<String, Claim> claims,
            Shards<PoolId, Map<String, Use>> uses,
            int divisible) {
        this.divisible = divisible;
        this.slices = slices;
        this.pools = pools;
        this.widePools = widePools;
        this.poolsOfNode = poolsOfNode;
        this.classes = classes;
        this.claims = claims;
        this.uses = uses;
    }

    /** Adds or replaces a slice. */
    public Devices with(Slice slice) {
        Slice before = slices.get(slice.name());
        if (slice.equals(before)) {
            return this;
        }
        Devices rest = before == null ? this : withoutSlice(slice.name());
        Pool pool = rest.pools.get(slice.pool());
        Pool next = (pool == null ? new Pool(slice.pool(), List.of()) : pool).with(slice);
        return rest.indexed(
                rest.slices.with(slice.name(), slice),
                next,
                slice.scope(),
                rest.divisible + (isDivisible(slice) ? 1 : 0));
    }

    public Devices withoutSlice(String name) {
        Slice before = slices.get(name);
        if (before == null) {
            return this;
        }
        Pool pool = pools.get(before.pool());
        Pool next = (pool == null ? new Pool(before.pool(), List.of()) : pool).without(name);
        return indexed(slices.with(name, null), next, before.scope(), divisible - (isDivisible(before) ? 1 : 0));
    }

    private static boolean isDivisible(Slice slice) {
        return !slice.sharedCounters().isEmpty() || slice.devices().stream().anyMatch(Device::allowMultipleAllocations);
    }

    /** Whether there are devices of which less than the whole is given out, by counters or by shares. */
    public boolean hasPartitions() {
        return divisible > 0;
    }

    private Devices indexed(Shards<String, Slice> nextSlices, Pool pool, Scope changed, int nextDivisible) {
        var nextPools = pools.with(pool.id(), pool.slices().isEmpty() ? null : pool);
        Set<PoolId> wide = widePools;
        var ofNode = poolsOfNode;
        if (changed instanceof Scope.OnNode on) {
            boolean has = pool.slices().stream().anyMatch(s -> s.scope().equals(on));
            Set<PoolId> known = ofNode.get(on.node());
            ofNode = ofNode.with(on.node(), changed(known == null ? Set.of() : known, pool.id(), has));
        } else {
            boolean has = pool.slices().stream().anyMatch(s -> !(s.scope() instanceof Scope.OnNode));
            wide = changed(wide, pool.id(), has);
        }
        return new Devices(nextSlices, nextPools, wide, ofNode, classes, claims, uses, nextDivisible);
    }

    private static Set<PoolId> changed(Set<PoolId> set, PoolId id, boolean has) {
        if (set.contains(id) == has) {
            return set;
        }
        var next = new TreeSet<>(set);
        if (has) {
            next.add(id);
        } else {
            next.remove(id);
        }
        return next;
    }

    /** Adds or replaces a class. */
    public Devices with(DeviceClass deviceClass) {
        return with(classes.with(deviceClass.name(), deviceClass));
    }

    public Devices withoutClass(String name) {
        return with(classes.with(name, null));
    }

    private Devices with(Classes other) {
        return new Devices(slices, pools, widePools, poolsOfNode, other, claims, uses, divisible);
    }

    /** Adds or replaces a claim; the devices of its allocation are in use from now on, those of its former one no longer. */
    public Devices with(Claim claim) {
        String key = key(claim.namespace(), claim.name());
        Claim before = claims.get(key);
        if (claim.equals(before)) {
            return this;
        }
        var nextUses = before == null ? uses : charged(uses, before, -1);
        return new Devices(
                slices,
                pools,
                widePools,
                poolsOfNode,
                classes,
                claims.with(key, claim),
                charged(nextUses, claim, 1),
                divisible);
    }

    public Devices withoutClaim(String namespace, String name) {
        String key = key(namespace, name);
        Claim before = claims.get(key);
        if (before == null) {
            return this;
        }
        return new Devices(
                slices,
                pools,
                widePools,
                poolsOfNode,
                classes,
                claims.with(key, null),
                charged(uses, before, -1),
                divisible);
    }

    private static Shards<PoolId, Map<String, Use>> charged(
            Shards<PoolId, Map<String, Use>> uses, Claim claim, int sign) {
        if (claim.allocation().isEmpty()) {
            return uses;
        }
        var result = uses;
        for (ClaimAllocation.Result device : claim.allocation().get().results()) {
            if (device.adminAccess()) {
                continue;
            }
            PoolId pool = device.device().pool();
            Map<String, Use> known = result.get(pool);
            var next = known == null ? new HashMap<String, Use>() : new HashMap<>(known);
            Use use = next.getOrDefault(device.device().device(), Use.NONE).with(device, sign);
            if (use == null) {
                next.remove(device.device().device());
            } else {
                next.put(device.device().device(), use);
            }
            result = result.with(pool, next.isEmpty() ? null : next);
        }
        return result;
    }

    public Optional<Claim> claim(String namespace, String name) {
        return Optional.ofNullable(claims.get(key(namespace, name)));
    }

    public Optional<DeviceClass> deviceClass(String name) {
        return classes.named(name);
    }

    /** The class whose devices serve an extended resource. */
    Optional<DeviceClass> classFor(String resource) {
        return classes.serving(resource);
    }

    /** Those of a pod's extended resources that devices may serve. */
    public Set<String> served(Pod pod) {
        if (pod.extended().isEmpty()) {
            return Set.of();
        }
        var served = new TreeSet<String>();
        for (ExtendedAsk ask : pod.extended()) {
            if (classFor(ask.resource()).isPresent()) {
                served.add(ask.resource());
            }
        }
        return served;
    }

    /** Whether what a pod gets depends on devices. */
    public boolean concern(Pod pod) {
        return pod.hasClaims() || !served(pod).isEmpty();
    }

    /** How many claims hold a device, shares included; uses with admin access do not count. */
    public int holders(DeviceId device) {
        Use use = uses(device.pool()).getOrDefault(device.device(), Use.NONE);
        return use.holders() + use.shares();
    }

    /** What is wrong with the slices of a pool, by slice; nothing is offered from such a pool. */
    public Map<String, String> flaws(PoolId id) {
        Pool pool = pools.get(id);
        return pool == null ? Map.of() : SliceFlaws.of(pool);
    }

    /** The soonest moment at which a claim's pods have to leave its devices; empty: never. */
    public Optional<Eviction> eviction(Claim claim) {
        @Nullable Eviction soonest = null;
        List<ClaimAllocation.Result> results =
                claim.allocation().map(ClaimAllocation::results).orElse(List.of());
        for (ClaimAllocation.Result result : results) {
            Pool pool = pools.get(result.device().pool());
            List<DeviceTaint> taints = pool == null
                    ? List.of()
                    : pool.newest(result.device().device()).map(Device::taints).orElse(List.of());
            for (DeviceTaint taint : taints) {
                OptionalLong at = leaveAt(taint, result.tolerations());
                if (at.isPresent() && (soonest == null || at.getAsLong() < soonest.atMillis())) {
                    soonest = new Eviction(result.device(), taint, at.getAsLong());
                }
            }
        }
        return Optional.ofNullable(soonest);
    }

    /** Tolerations with a time hold that long from when the taint was added, the shortest counts; empty: need not leave. */
    private static OptionalLong leaveAt(DeviceTaint taint, List<DeviceToleration> tolerations) {
        if (!taint.evicts()) {
            return OptionalLong.empty();
        }
        List<DeviceToleration> matching =
                tolerations.stream().filter(t -> t.tolerates(taint)).toList();
        if (matching.isEmpty()) {
            return OptionalLong.of(taint.addedMillis());
        }
        return matching.stream()
                .flatMap(t -> t.tolerationSeconds().stream())
                .mapToLong(seconds -> taint.addedMillis() + 1000L * Math.clamp(seconds, 0, Integer.MAX_VALUE))
                .min();
    }

    /** The slices whose devices are reached from this node alone. */
    public List<Slice> slicesOf(String node) {
        Set<PoolId> own = poolsOfNode.get(node);
        if (own == null) {
            return List.of();
        }
        return own.stream()
                .map(pools::get)
                .filter(Objects::nonNull)
                .flatMap(pool -> pool.slices().stream())
                .filter(slice ->
                        slice.scope() instanceof Scope.OnNode on && on.node().equals(node))
                .toList();
    }

    /** How many whole devices a node has of its own: partitions of one set of counters are one. */
    public int countOn(String node) {
        int count = 0;
        for (Slice slice : slicesOf(node)) {
            count += slice.sharedCounters().size();
            for (Device device : slice.devices()) {
                count += device.consumesCounters().isEmpty() ? 1 : 0;
            }
        }
        return count;
    }

    /** The part of a whole device that a result takes: by counters, by capacity of a share, or all of it. */
    public double part(ClaimAllocation.Result result) {
        Pool pool = pools.get(result.device().pool());
        return pool == null ? 1 : Parts.of(pool, result);
    }

    /** The same object for as long as no slice changes. */
    Shards<PoolId, Pool> pools() {
        return pools;
    }

    Map<PoolId, Pool> poolsIn(int part) {
        return pools.part(part);
    }

    Map<PoolId, Map<String, Use>> usesIn(int part) {
        return uses.part(part);
    }

    Map<String, Use> uses(PoolId pool) {
        Map<String, Use> known = uses.get(pool);
        return known == null ? Map.of() : known;
    }

    /** The pools that may have devices for a node. */
    Collection<PoolId> poolsFor(String node) {
        Set<PoolId> own = poolsOfNode.get(node);
        if (own == null || own.isEmpty()) {
            return widePools;
        }
        if (widePools.isEmpty()) {
            return own;
        }
        var both = new TreeSet<>(own);
        both.addAll(widePools);
        return both;
    }

    @Nullable
    Pool pool(PoolId id) {
        return pools.get(id);
    }

    private static String key(String namespace, String name) {
        return namespace + "/" + name;
    }
}
