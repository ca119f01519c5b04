package dev.gyropilot.apiserver.controllers.endpoints;

import dev.gyropilot.apiserver.controllers.Owners;
import dev.gyropilot.apiserver.controllers.Pods;
import dev.gyropilot.apiserver.controllers.Selectors;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which slices a Service needs, given those that it has. Pods whose named ports have the same numbers share slices.
 */
record SlicePlan(List<EndpointSlice> create, List<EndpointSlice> update, List<EndpointSlice> delete) {
    static final String SERVICE_NAME = "kubernetes.io/service-name";
    static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
    static final String MANAGER = "endpointslice-controller.k8s.io";
    private static final String HEADLESS = "service.kubernetes.io/headless";

    /** The most endpoints in one slice. */
    static final int SLICE_LIMIT = 100;

    /** What all endpoints of a slice have in common. */
    private record Group(String addressType, List<EndpointPort> ports) {}

    static SlicePlan plan(Service service, List<Pod> pods, List<EndpointSlice> existing) {
        var groups = new LinkedHashMap<Group, List<Endpoint>>();
        pods.stream()
                .filter(pod -> Selectors.labels(pod)
                        .entrySet()
                        .containsAll(service.getSpec().getSelector().entrySet()))
                .filter(pod -> !Pods.isFinished(pod) && !addresses(pod).isEmpty())
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
                .forEach(pod -> addresses(pod)
                        .forEach((type, address) -> groups.computeIfAbsent(
                                        new Group(type, ports(service, pod)), g -> new ArrayList<>())
                                .add(endpoint(service, pod, address))));
        if (groups.isEmpty()) {
            // An empty slice tells that the Service is known and has nobody.
            groups.put(new Group("IPv4", List.of()), List.of());
        }
        var free = new ArrayList<>(existing);
        var create = new ArrayList<EndpointSlice>();
        var update = new ArrayList<EndpointSlice>();
        groups.forEach((group, endpoints) -> {
            for (int from = 0; from == 0 || from < endpoints.size(); from += SLICE_LIMIT) {
                List<Endpoint> part = endpoints.subList(from, Math.min(endpoints.size(), from + SLICE_LIMIT));
                Optional<EndpointSlice> reused = take(free, group);
                EndpointSlice wanted = slice(service, group, part, reused);
                if (reused.isEmpty()) {
                    create.add(wanted);
                } else if (!wanted.equals(reused.get())) {
                    update.add(wanted);
                }
            }
        });
        return new SlicePlan(create, update, free);
    }

    /** A slice with the same ports if there is one, else any of the same address family, which cannot be changed. */
    private static Optional<EndpointSlice> take(List<EndpointSlice> free, Group group) {
        Optional<EndpointSlice> found = free.stream()
                .filter(s -> s.getAddressType().equals(group.addressType()))
                .min(Comparator.comparing((EndpointSlice s) -> !s.getPorts().equals(group.ports()))
                        .thenComparing(s -> s.getMetadata().getName()));
        found.ifPresent(free::remove);
        return found;
    }

    private static EndpointSlice slice(
            Service service, Group group, List<Endpoint> endpoints, Optional<EndpointSlice> reused) {
        var labels = new HashMap<>(Selectors.labels(service));
        labels.put(SERVICE_NAME, service.getMetadata().getName());
        labels.put(MANAGED_BY, MANAGER);
        if ("None".equals(service.getSpec().getClusterIP())) {
            labels.put(HEADLESS, "");
        }
        var slice = reused.map(EndpointSliceBuilder::new)
                .orElseGet(() -> new EndpointSliceBuilder()
                        .withNewMetadata()
                        .withGenerateName(service.getMetadata().getName() + "-")
                        .withNamespace(service.getMetadata().getNamespace())
                        .withOwnerReferences(Owners.reference(service))
                        .endMetadata());
        return slice.editMetadata()
                .withLabels(labels)
                .endMetadata()
                .withAddressType(group.addressType())
                .withPorts(group.ports())
                .withEndpoints(endpoints)
                .build();
    }

    private static Endpoint endpoint(Service service, Pod pod, String address) {
        boolean serving = Pods.isReady(pod);
        boolean terminating = Pods.isTerminating(pod);
        boolean always = Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses());
        var endpoint = new EndpointBuilder()
                .withAddresses(address)
                .withNewConditions()
                .withReady(always || (serving && !terminating))
                .withServing(always || serving)
                .withTerminating(terminating)
                .endConditions()
                .withNodeName(Pods.node(pod).isEmpty() ? null : Pods.node(pod))
                .withTargetRef(new ObjectReferenceBuilder()
                        .withKind("Pod")
                        .withNamespace(pod.getMetadata().getNamespace())
                        .withName(pod.getMetadata().getName())
                        .withUid(pod.getMetadata().getUid())
                        .build());
        if (pod.getSpec().getHostname() != null
                && service.getMetadata().getName().equals(pod.getSpec().getSubdomain())) {
            endpoint.withHostname(pod.getSpec().getHostname());
        }
        return endpoint.build();
    }

    private static Map<String, String> addresses(Pod pod) {
        var addresses = new LinkedHashMap<String, String>();
        if (pod.getStatus() != null) {
            if (pod.getStatus().getPodIP() != null) {
                put(addresses, pod.getStatus().getPodIP());
            }
            pod.getStatus().getPodIPs().stream().map(PodIP::getIp).forEach(ip -> put(addresses, ip));
        }
        return addresses;
    }

    private static void put(Map<String, String> addresses, String ip) {
        addresses.putIfAbsent(ip.contains(":") ? "IPv6" : "IPv4", ip);
    }

    private static List<EndpointPort> ports(Service service, Pod pod) {
        var ports = new ArrayList<EndpointPort>();
        for (ServicePort port : service.getSpec().getPorts()) {
            number(port, pod)
                    .ifPresent(number -> ports.add(new EndpointPortBuilder()
                            .withName(Objects.requireNonNullElse(port.getName(), ""))
                            .withProtocol(Objects.requireNonNullElse(port.getProtocol(), "TCP"))
                            .withPort(number)
                            .withAppProtocol(port.getAppProtocol())
                            .build()));
        }
        return ports;
    }

    private static OptionalInt number(ServicePort port, Pod pod) {
        IntOrString target = port.getTargetPort();
        if (target == null) {
            return OptionalInt.of(port.getPort());
        }
        if (target.getIntVal() != null) {
            return OptionalInt.of(target.getIntVal() == 0 ? port.getPort() : target.getIntVal());
        }
        String protocol = Objects.requireNonNullElse(port.getProtocol(), "TCP");
        return pod.getSpec().getContainers().stream()
                .map(Container::getPorts)
                .flatMap(List::stream)
                .filter(p -> target.getStrVal().equals(p.getName()))
                .filter(p -> protocol.equals(Objects.requireNonNullElse(p.getProtocol(), "TCP")))
                .mapToInt(ContainerPort::getContainerPort)
                .findFirst();
    }
}
