package dev.gyropilot.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.node.pod.PodPlan.Stage;
import dev.gyropilot.node.pod.PodPlan.View;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodPlanTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant LATER = NOW.plusSeconds(10);

    @Test
    void startsInitContainersOneAfterAnother() {
        var plan =
                plan(List.of(fresh("a", Role.INIT), fresh("b", Role.INIT), fresh("main", Role.APP)), "Always", false);
        assertThat(plan.start()).containsExactly("a");
        assertThat(plan.initialized()).isFalse();
        plan = plan(List.of(ended("a", Role.INIT, 0), fresh("b", Role.INIT), fresh("main", Role.APP)), "Always", false);
        assertThat(plan.start()).containsExactly("b");
    }

    @Test
    void letsASidecarStartBeforeWhatFollows() {
        var waiting = new View("side", Role.SIDECAR, Stage.RUNNING, 0, false, Instant.EPOCH);
        assertThat(plan(List.of(waiting, fresh("main", Role.APP)), "Never", false)
                        .start())
                .isEmpty();
        var started = new View("side", Role.SIDECAR, Stage.RUNNING, 0, true, Instant.EPOCH);
        var plan = plan(List.of(started, fresh("main", Role.APP)), "Never", false);
        assertThat(plan.start()).containsExactly("main");
        assertThat(plan.initialized()).isTrue();
    }

    @Test
    void failsAPodWhoseInitContainerFailsForGood() {
        var plan = plan(List.of(ended("a", Role.INIT, 1), fresh("main", Role.APP)), "Never", false);
        assertThat(plan.outcome()).contains("Failed");
        assertThat(plan.start()).isEmpty();
    }

    @Test
    void doesNotRunInitContainersAgain() {
        var plan = plan(List.of(ended("a", Role.INIT, 0), ended("main", Role.APP, 1)), "Always", true);
        assertThat(plan.start()).containsExactly("main");
    }

    @Test
    void waitsOutTheBackOff() {
        var crashed = new View("main", Role.APP, Stage.ENDED, 1, false, LATER);
        var plan = plan(List.of(crashed), "Always", true);
        assertThat(plan.start()).isEmpty();
        assertThat(plan.backOff()).containsExactly("main");
        assertThat(plan.wakeAt()).contains(LATER);
    }

    @Test
    void doesNotRestartASidecarWhenTheAppsAreDone() {
        var side = ended("side", Role.SIDECAR, 1);
        var plan = plan(List.of(side, ended("main", Role.APP, 0)), "Never", true);
        assertThat(plan.start()).isEmpty();
        assertThat(plan.outcome()).contains("Succeeded");
    }

    @ParameterizedTest
    @CsvSource({
        "APP,0,Always,true",
        "APP,1,Always,true",
        "APP,0,OnFailure,false",
        "APP,1,OnFailure,true",
        "APP,1,Never,false",
        "INIT,0,Always,false",
        "INIT,1,OnFailure,true",
        "INIT,1,Never,false",
        "SIDECAR,0,Never,true",
    })
    void restartsByRoleExitCodeAndPolicy(Role role, int exitCode, String policy, boolean expected) {
        assertThat(PodPlan.restarts(role, exitCode, policy)).isEqualTo(expected);
    }

    private static PodPlan plan(List<View> containers, String policy, boolean initialized) {
        return PodPlan.of(containers, policy, initialized, NOW);
    }

    private static View fresh(String name, Role role) {
        return new View(name, role, Stage.NEW, 0, false, Instant.EPOCH);
    }

    private static View ended(String name, Role role, int exitCode) {
        return new View(name, role, Stage.ENDED, exitCode, false, Instant.EPOCH);
    }
}
