package dev.gyropilot.node.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.gyropilot.node.json.Json;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Terminal sizes from the far end; the newest is kept for a listener that comes later. */
final class Resizes {
    private static final Logger log = LoggerFactory.getLogger(Resizes.class);

    private RemoteSession.@Nullable Resize listener;
    private int columns;
    private int rows;

    synchronized void listen(RemoteSession.Resize newListener) {
        listener = newListener;
        if (columns > 0) {
            newListener.to(columns, rows);
        }
    }

    /** Takes {@code {"Width":80,"Height":24}}. */
    synchronized void accept(String text) {
        try {
            JsonNode size = Json.MAPPER.readTree(text);
            columns = size.path("Width").asInt();
            rows = size.path("Height").asInt();
        } catch (JsonProcessingException e) {
            log.debug("a terminal size that cannot be read: {}", text);
            return;
        }
        if (listener != null && columns > 0 && rows > 0) {
            listener.to(columns, rows);
        }
    }
}
