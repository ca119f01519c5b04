package dev.gyropilot.node.process;

import dev.gyropilot.api.config.Setting;

/**
 * How much of a container's log is kept.
 *
 * @param fileBytes a log file is rotated before it grows beyond this
 * @param files how many files are kept, the current one included
 */
public record LogLimits(
        @Setting("A log file is rotated before it grows beyond this.")
        long fileBytes,

        @Setting("How many files are kept, the current one included.")
        int files) {
    public static final LogLimits DEFAULT = new LogLimits(10L * 1024 * 1024, 5);

    public LogLimits {
        if (fileBytes < 1024 || files < 2) {
            throw new IllegalArgumentException("log limits are " + fileBytes + " bytes and " + files
                    + " files; give at least 1024 bytes and 2 files");
        }
    }
}
