package dev.gyropilot.node.gpu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Asks {@code nvidia-smi}, where there is one. */
final class NvidiaTool {
    private static final long LIMIT_SECONDS = 20;
    private static final int ANSWER_LIMIT_BYTES = 1 << 20;

    private NvidiaTool() {}

    /** Its lines of bus address, name and memory in MiB; empty when it is not there, fails or hangs. */
    static String query() {
        try {
            Process process = new ProcessBuilder(
                            "nvidia-smi", "--query-gpu=pci.bus_id,name,memory.total", "--format=csv,noheader,nounits")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            // A driver in trouble lets its tool hang; ended, it closes its output.
            var _ = process.toHandle()
                    .onExit()
                    .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
                    .exceptionally(_ -> {
                        process.destroyForcibly();
                        return null;
                    });
            try (InputStream out = process.getInputStream()) {
                String answer = new String(out.readNBytes(ANSWER_LIMIT_BYTES), StandardCharsets.UTF_8);
                return process.waitFor() == 0 ? answer : "";
            }
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
