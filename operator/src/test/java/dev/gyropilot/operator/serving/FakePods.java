package dev.gyropilot.operator.serving;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** Plays the node for tests: pods get the status that a script says, deleted ones go at once. Nothing runs. */
final class FakePods implements AutoCloseable {
    private final Cluster cluster;
    private final Controller controller = new Controller("fake-pods", 8, this::play);
    private volatile Function<Pod, PodStatus> script = FakePods::ready;

    FakePods(Cluster cluster) {
        this.cluster = cluster;
        cluster.informer(Pod.class).addEventHandler(controller.handler(pod -> List.of(Key.of(pod))));
    }

    void start() {
        controller.start();
    }

    void script(Function<Pod, PodStatus> next) {
        script = next;
        cluster.informer(Pod.class).getIndexer().list().forEach(pod -> controller.enqueue(Key.of(pod)));
    }

    static PodStatus ready(Pod pod) {
        return new PodStatusBuilder()
                .withPhase("Running")
                .withPodIP("127.64.0.1")
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withLastTransitionTime(pod.getMetadata().getCreationTimestamp())
                .endCondition()
                .build();
    }

    static PodStatus crashing(Pod pod) {
        return new PodStatusBuilder()
                .withPhase("Running")
                .addNewContainerStatus()
                .withName(ServerPod.SERVER)
                .withImage("engines")
                .withImageID("engines")
                .withReady(false)
                .withRestartCount(3)
                .withNewState()
                .withNewWaiting("back-off 10s restarting failed container", "CrashLoopBackOff")
                .endState()
                .withNewLastState()
                .withNewTerminated()
                .withExitCode(3)
                .withMessage("loading\nunknown architecture 'foo'\n")
                .endTerminated()
                .endLastState()
                .endContainerStatus()
                .build();
    }

    private Reconciler.Result play(Key key) {
        Pod pod = cluster.cached(Pod.class, key).orElse(null);
        if (pod == null) {
            return Reconciler.Result.done();
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            cluster.client().resource(pod).withGracePeriod(0).delete();
            return Reconciler.Result.done();
        }
        PodStatus wanted = script.apply(pod);
        PodStatus now = pod.getStatus();
        if (!Objects.equals(wanted.getPhase(), now.getPhase())
                || wanted.getConditions().size() != now.getConditions().size()) {
            cluster.client()
                    .resource(pod)
                    .subresource("status")
                    .patch(new PodBuilder(pod).withStatus(wanted).build());
        }
        return Reconciler.Result.done();
    }

    @Override
    public void close() {
        controller.close();
    }
}
