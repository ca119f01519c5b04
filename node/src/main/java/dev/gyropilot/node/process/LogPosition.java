package dev.gyropilot.node.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How far a container's raw output has been copied into its log, on disk after each copy, so that a node that was killed
 * goes on without a line lost or doubled.
 *
 * @param logBytes length of the log after the copy; what lies behind was written but not accounted
 */
record LogPosition(long stdout, long stderr, long logBytes) {
    static final LogPosition START = new LogPosition(0, 0, 0);

    static LogPosition read(Path file) {
        try {
            String text = Files.readString(file);
            String[] words = text.strip().split(" ");
            return text.endsWith("\n") && words.length == 3
                    ? new LogPosition(Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]))
                    : START;
        } catch (IOException e) {
            return START;
        }
    }

    void write(Path file) throws IOException {
        Files.writeString(file, stdout + " " + stderr + " " + logBytes + "\n");
    }
}
