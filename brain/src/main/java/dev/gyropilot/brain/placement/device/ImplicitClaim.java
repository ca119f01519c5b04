package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.device.Claim.Ask;
import dev.gyropilot.brain.placement.device.Claim.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * The claim for the extended resources of a pod that a node has no device plugin for: one request for each container and
 * resource. Containers that end before others start are given the same devices as those; of what they need beyond, only the
 * largest part is requested, as one ends before the next starts.
 *
 * @param mappings which request serves which container
 */
public record ImplicitClaim(Claim claim, List<Mapping> mappings) {
    private static final String SUFFIX = "-extended-resources-";

    /** Until it is written, a claim has a uid that no written claim has. */
    private static final String UNWRITTEN = "implicit/";

    /** The longest name that leaves room for the rest. */
    private static final int PREFIX_LIMIT = 200;

    /** A container gets its devices of a resource by this request. */
    public record Mapping(String container, String resource, String request) {}

    public ImplicitClaim {
        mappings = List.copyOf(mappings);
    }

    /** The claim of a pod for these of its extended resources, each of which has a class. */
    public static ImplicitClaim of(Pod pod, Set<String> resources, Devices devices) {
        var requests = new ArrayList<Request>();
        var mappings = new ArrayList<Mapping>();
        for (String resource : new TreeSet<>(resources)) {
            DeviceClass type = devices.classFor(resource).orElseThrow();
            List<ExtendedAsk> asks = pod.extended().stream()
                    .filter(ask -> ask.resource().equals(resource))
                    .toList();
            new Resource(asks, mappings).counts().forEach((name, count) -> requests.add(request(name, type, count)));
        }
        requests.sort(Comparator.comparing(Request::name));
        var claim = new Claim(
                pod.namespace(),
                name(pod),
                UNWRITTEN + pod.uid(),
                requests,
                List.of(),
                List.of(),
                Optional.empty(),
                Set.of(),
                false);
        return new ImplicitClaim(claim, mappings);
    }

    /** The pod with this claim in the place of the resources that it is for. */
    public Pod bound(Pod pod) {
        Set<String> resources = mappings.stream().map(Mapping::resource).collect(Collectors.toUnmodifiableSet());
        var claims = new ArrayList<>(pod.claims());
        claims.add(claim.name());
        return new Pod(
                pod.name(),
                pod.uid(),
                pod.shape().without(resources),
                pod.priority(),
                pod.createdMillis(),
                claims,
                pod.unmadeClaims(),
                pod.extended().stream()
                        .filter(ask -> !resources.contains(ask.resource()))
                        .toList());
    }

    /** Whether a claim with this uid is still only decided on. */
    public static boolean isUnwritten(String uid) {
        return uid.startsWith(UNWRITTEN);
    }

    /** The name follows from the pod, so that a second attempt finds what a first one left. */
    private static String name(Pod pod) {
        var sum = new CRC32();
        sum.update(pod.uid().getBytes(StandardCharsets.UTF_8));
        return pod.name().substring(0, Math.min(pod.name().length(), PREFIX_LIMIT))
                + SUFFIX
                + HexFormat.of().toHexDigits((int) sum.getValue());
    }

    private static Request request(String name, DeviceClass type, long count) {
        return new Request(
                name,
                false,
                List.of(new Ask(
                        "", type.name(), List.of(), "ExactCount", count, Optional.empty(), List.of(), Map.of())));
    }

    /** The requests for one resource. */
    private static final class Resource {
        private final List<ExtendedAsk> asks;
        private final List<Mapping> mappings;

        Resource(List<ExtendedAsk> asks, List<Mapping> mappings) {
            this.asks = asks;
            this.mappings = mappings;
        }

        /** How many devices each request is for; also maps the containers. */
        Map<String, Long> counts() {
            var counts = new LinkedHashMap<String, Long>();
            for (ExtendedAsk ask : asks) {
                if (!ask.passing()) {
                    counts.put(ask.request(), ask.count());
                    map(ask, ask.request());
                }
            }
            var beyond = new LinkedHashMap<ExtendedAsk, Long>();
            for (int i = 0; i < asks.size(); i++) {
                if (asks.get(i).passing()) {
                    long missing = reuse(i);
                    if (missing > 0) {
                        beyond.put(asks.get(i), missing);
                    }
                }
            }
            beyond.entrySet().stream()
                    .max(Comparator.comparingLong((Map.Entry<ExtendedAsk, Long> entry) -> entry.getValue()))
                    .ifPresent(largest -> {
                        counts.put(largest.getKey().request(), largest.getValue());
                        beyond.keySet().forEach(ask -> map(ask, largest.getKey().request()));
                    });
            return counts;
        }

        /** Maps a passing container to the requests of those that start after it; returns how many devices it still lacks. */
        private long reuse(int passing) {
            ExtendedAsk ask = asks.get(passing);
            long missing = ask.count();
            for (ExtendedAsk later : asks.subList(passing, asks.size())) {
                if (!later.passing() && missing > 0) {
                    map(ask, later.request());
                    missing -= later.count();
                }
            }
            return Math.max(0, missing);
        }

        private void map(ExtendedAsk ask, String request) {
            mappings.add(new Mapping(ask.container(), ask.resource(), request));
        }
    }
}
