package dev.gyropilot.apiserver.controllers;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** Plays a node for tests: gives each pod the status that a script says, and lets deleted ones go. Runs nothing. */
final class FakeKubelet implements AutoCloseable {
    private final Cluster cluster;
    private final Controller controller;
    private volatile Function<Pod, PodStatus> script;

    FakeKubelet(Cluster cluster, Function<Pod, PodStatus> script) {
        this.cluster = cluster;
        this.script = script;
        this.controller = new Controller("fake-kubelet", 16, this::play);
        cluster.informer(Pod.class).addEventHandler(controller.handler(pod -> List.of(Key.of(pod))));
    }

    void start() {
        controller.start();
    }

    /** Another script from now on; pods are looked at again. */
    void script(Function<Pod, PodStatus> next) {
        script = next;
        cluster.informer(Pod.class).getIndexer().list().forEach(pod -> controller.enqueue(Key.of(pod)));
    }

    static PodStatus ready(Pod pod) {
        return running(pod, true);
    }

    static PodStatus notReady(Pod pod) {
        return running(pod, false);
    }

    static PodStatus succeeded(Pod pod) {
        return ended("Succeeded", 0);
    }

    static PodStatus failed(Pod pod) {
        return ended("Failed", 1);
    }

    private Reconciler.Result play(Key key) {
        Pod pod = cluster.cached(Pod.class, key).orElse(null);
        if (pod == null) {
            return Reconciler.Result.done();
        }
        var resource = cluster.client().resource(pod);
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            resource.withGracePeriod(0).delete();
            return Reconciler.Result.done();
        }
        PodStatus wanted = script.apply(pod);
        if (!same(wanted, pod.getStatus())) {
            resource.subresource("status")
                    .patch(new PodBuilder(pod).withStatus(wanted).build());
        }
        return Reconciler.Result.done();
    }

    private static boolean same(PodStatus a, PodStatus b) {
        return Objects.equals(a.getPhase(), b.getPhase())
                && a.getConditions().equals(b.getConditions())
                && Objects.equals(a.getPodIP(), b.getPodIP());
    }

    private static PodStatus running(Pod pod, boolean ready) {
        String since = Instant.parse(pod.getMetadata().getCreationTimestamp())
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
        return new PodStatusBuilder()
                .withPhase("Running")
                .withPodIP("127.64.0."
                        + (1 + Math.floorMod(pod.getMetadata().getUid().hashCode(), 250)))
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .withLastTransitionTime(since)
                .endCondition()
                .build();
    }

    private static PodStatus ended(String phase, int exitCode) {
        return new PodStatusBuilder()
                .withPhase(phase)
                .addNewContainerStatus()
                .withName("main")
                .withImage("none")
                .withImageID("none")
                .withReady(false)
                .withRestartCount(0)
                .withNewState()
                .withNewTerminated()
                .withExitCode(exitCode)
                .endTerminated()
                .endState()
                .endContainerStatus()
                .build();
    }

    @Override
    public void close() {
        controller.close();
    }
}
