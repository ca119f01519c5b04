package dev.gyropilot.node.server;

import dev.gyropilot.node.process.LogReader;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows what a running container writes from now on, until it ends. */
final class Attachment {
    private static final Logger log = LoggerFactory.getLogger(Attachment.class);

    private Attachment() {}

    static void run(LogReader logs, Path file, RemoteSession session) {
        Thread stdout = follow(logs, file, "stdout", session.stdout());
        Thread stderr = follow(logs, file, "stderr", session.stderr());
        session.onClosed(() -> {
            stdout.interrupt();
            stderr.interrupt();
        });
        try {
            stdout.join();
            stderr.join();
            session.finish(Command.exit(0));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread follow(LogReader logs, Path file, String stream, OutputStream out) {
        var options =
                new LogReader.Options(true, OptionalLong.of(0), Optional.empty(), false, OptionalLong.empty(), stream);
        return Thread.ofVirtual().name("attach " + stream).start(() -> {
            try {
                logs.read(file, options, new BufferedOutputStream(out));
            } catch (IOException e) {
                log.debug("attach ended: {}", e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
