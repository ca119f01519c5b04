package dev.gyropilot.node.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process as it can be told from a later one of the same number.
 *
 * @param started ticks from boot to its start, or {@code -} where the system does not say
 */
public record ProcessId(long pid, String started) {
    private static final int STARTED_FIELD = 19;
    private static final int STATE_FIELD = 0;

    /** Whether this very process still runs; a zombie does not. */
    public boolean alive() {
        if (started.equals("-")) {
            return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }
        return fields(pid)
                .filter(f -> f[STARTED_FIELD].equals(started) && !f[STATE_FIELD].equals("Z"))
                .isPresent();
    }

    /** Sends a signal to the whole process group that this process leads. */
    public void signalGroup(int signal) {
        if (!Posix.kill(-pid, signal)) {
            Posix.kill(pid, signal);
        }
    }

    /** The fields of {@code /proc/PID/stat} from the state on. */
    static Optional<String[]> fields(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return Optional.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
