package dev.gyropilot.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the scheduler decided can be repeated from its journal, also after a new part began and after a crash. */
class ReplayIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int PODS = 600;
    private static final int NODES = 12;

    @TempDir
    Path folder;

    private final Inbox inbox = new Inbox();
    private final SchedulerConfig config = SchedulerConfig.embedded();
    private final Readers readers = new Readers(config.schedulerNames(), (_, _) -> {}, Remarks.NONE);
    private final SimulatedApi api = new SimulatedApi();

    /** Takes bindings as an API does, now and then not, and shows the pods on their nodes. */
    private final class SimulatedApi implements Actions {
        final Map<String, Pod> pods = new ConcurrentHashMap<>();
        final AtomicInteger decisions = new AtomicInteger();
        private int failures;

        @Override
        public void bind(List<Bind> gang) {
            for (Bind one : gang) {
                decisions.incrementAndGet();
                boolean fails = ++failures % 17 == 0;
                put(new Input.Written(
                        one.decision(), fails ? Optional.of("simulated conflict") : Optional.empty(), Map.of()));
                Pod current = pods.get(one.pod().getMetadata().getName());
                if (!fails && current != null) {
                    show(current.edit()
                            .editSpec()
                            .withNodeName(one.placed().node())
                            .endSpec()
                            .build());
                }
            }
        }

        @Override
        public void evict(long decision, String job, Pod pod, String reason, String message) {
            decisions.incrementAndGet();
            remove(pod);
        }

        @Override
        public void refuse(long decision, Pod pod, String reason, String message) {
            decisions.incrementAndGet();
        }

        @Override
        public void queueStatus(QueueStatuses.Seen seen) {}

        void show(Pod pod) {
            pods.put(pod.getMetadata().getName(), pod);
            see(pod, false);
        }

        void remove(Pod pod) {
            Pod last = pods.remove(pod.getMetadata().getName());
            if (last != null) {
                see(last, true);
            }
        }
    }

    private void put(Input input) {
        try {
            inbox.put(input);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void see(HasMetadata object, boolean gone) {
        String kind = Readers.name(object.getClass());
        put(new Input.Seen(
                kind,
                object,
                gone,
                java.util.Objects.requireNonNull(readers.find(kind)).read(object, gone)));
    }

    private void node(String name, int cpu) {
        see(
                new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewStatus()
                        .withAllocatable(Map.of(
                                "cpu", new Quantity(Integer.toString(cpu)),
                                "memory", new Quantity("64Gi"),
                                "pods", new Quantity("110")))
                        .endStatus()
                        .build(),
                false);
    }

    private Pod pod(int i, Random random) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("pod-" + i)
                .withUid("uid-" + i)
                .withCreationTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .withNewSpec()
                .withSchedulerName(SchedulerConfig.NAME)
                .withPriority(random.nextInt(3))
                .addNewContainer()
                .withName("main")
                .withNewResources()
                .withRequests(Map.of(
                        "cpu", new Quantity((1 + random.nextInt(30)) * 100 + "m"),
                        "memory", new Quantity("1Gi")))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    /** Pods come and go on a cluster that is too small for them, so that some wait and some are stopped. */
    private void live(long seed, long journalBytes, int parts) throws InterruptedException {
        var random = new Random(seed);
        var journal = new Journal(folder, journalBytes, config, new KubernetesSerialization());
        try (var loop = new Loop(InstantSource.system(), inbox, config, api, Optional.of(journal))) {
            loop.start();
            for (int i = 0; i < NODES; i++) {
                node("node-" + i, 4 + random.nextInt(5));
            }
            put(new Input.Opened());
            for (int i = 0; i < PODS; i++) {
                api.show(pod(i, random));
                if (i % 50 == 49) {
                    int seen = i;
                    await().atMost(LIMIT).until(() -> api.decisions.get() >= seen / 2);
                    List.copyOf(api.pods.values()).stream()
                            .filter(p -> p.getSpec().getNodeName() != null && random.nextBoolean())
                            .forEach(api::remove);
                }
            }
            await().atMost(LIMIT).until(() -> Replay.parts(folder).size() >= parts);
        }
        journal.close();
    }

    private List<Replay.Repeated> replay() throws IOException {
        var repeated = new ArrayList<Replay.Repeated>();
        for (Path part : Replay.parts(folder)) {
            new Replay().run(part, repeated::add);
        }
        return repeated;
    }

    @Test
    void everyDecisionIsMadeAgain() throws Exception {
        live(1, 1L << 30, 1);
        List<Replay.Repeated> repeated = replay();
        assertThat(Replay.parts(folder)).hasSize(1);
        assertThat(repeated).hasSizeGreaterThan(PODS);
        assertThat(repeated).filteredOn(r -> !r.isSame()).isEmpty();
        assertThat(Set.copyOf(repeated.stream()
                        .map(r -> java.util.Objects.requireNonNull(r.recorded())
                                .path("does")
                                .asText())
                        .toList()))
                .containsExactlyInAnyOrder("bind", "refuse", "stop");
    }

    @Test
    void eachPartStandsForItself() throws Exception {
        live(2, 80_000, 2);
        List<Replay.Repeated> repeated = replay();
        assertThat(repeated).isNotEmpty();
        assertThat(repeated).filteredOn(r -> !r.isSame()).isEmpty();
    }

    @Test
    void aJournalThatACrashHasCutIsReadUpToThere() throws Exception {
        live(3, 1L << 30, 1);
        int all = replay().size();
        Path part = Replay.parts(folder).getFirst();
        byte[] bytes = Files.readAllBytes(part);
        Files.write(part, java.util.Arrays.copyOf(bytes, bytes.length * 2 / 3));
        List<Replay.Repeated> repeated = replay();
        assertThat(repeated.size()).isBetween(1, all - 1);
        assertThat(repeated).filteredOn(r -> !r.isSame()).isEmpty();
    }

    @Test
    void anotherSeedDecidesOtherwiseAndThatIsTold() throws Exception {
        live(4, 1L << 30, 1);
        Path part = Replay.parts(folder).getFirst();
        String text;
        try (var in = new java.util.zip.GZIPInputStream(Files.newInputStream(part))) {
            text = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
        assertThat(text).contains("\"seed\":0");
        try (var out = new java.util.zip.GZIPOutputStream(Files.newOutputStream(part))) {
            out.write(text.replace("\"seed\":0", "\"seed\":7").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        assertThat(replay()).anyMatch(r -> !r.isSame());
    }
}
