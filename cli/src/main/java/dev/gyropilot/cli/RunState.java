package dev.gyropilot.cli;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a running Gyropilot tells other commands, kept in {@code run.json} of the data directory.
 *
 * @param pid process id
 * @param started start time of that process (RFC 3339), which tells it from a later process with the same id
 * @param apiServer base URL of the Kubernetes API
 * @param gateway base URL of the gateway, without {@code /v1}
 * @param ready whether all parts were ready
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record RunState(long pid, String started, String version, String apiServer, String gateway, boolean ready) {
    private static final Duration START_TIME_TOLERANCE = Duration.ofSeconds(2);

    /** The process, when it is still the one that wrote this. */
    @JsonIgnore
    Optional<ProcessHandle> process() {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(p -> p.info()
                        .startInstant()
                        .map(start -> Duration.between(Instant.parse(started), start)
                                        .abs()
                                        .compareTo(START_TIME_TOLERANCE)
                                < 0)
                        .orElse(true));
    }

    static RunState ofThisProcess(String version, String apiServer, String gateway, boolean ready) {
        ProcessHandle self = ProcessHandle.current();
        Instant started = self.info().startInstant().orElseGet(Instant::now);
        return new RunState(self.pid(), started.toString(), version, apiServer, gateway, ready);
    }
}
