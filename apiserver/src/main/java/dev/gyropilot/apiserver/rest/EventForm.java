package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.Event;
import dev.gyropilot.apiserver.store.Stored;
import dev.gyropilot.apiserver.table.Tables;
import dev.gyropilot.apiserver.table.Tables.IncludeObject;
import java.util.List;

/** How one watch wants its objects: whole, as metadata only, or as rows of a table. */
final class EventForm {
    private final ResourceType type;
    private final Rendering rendering;
    private final Tables tables;
    private final IncludeObject include;
    private boolean columnsSent;

    private EventForm(ResourceType type, Rendering rendering, Tables tables, IncludeObject include) {
        this.type = type;
        this.tables = tables;
        this.include = include;
        this.rendering = rendering;
    }

    static EventForm of(Call call, Tables tables) {
        return new EventForm(call.type(), Rendering.of(call.exchange()), tables, Answers.include(call));
    }

    String contentType() {
        return rendering == Rendering.OBJECT ? "application/json" : rendering.contentType() + ";stream=watch";
    }

    byte[] frame(String event, Stored stored) {
        return Frames.of(
                event,
                rendering == Rendering.OBJECT
                        ? View.bytes(stored, type)
                        : JsonText.write(shaped(View.object(stored, type))));
    }

    /** The object that is gone, or that no longer matches: as it was, under the revision of the change. */
    byte[] deleted(Event event, Stored before) {
        if (event.deleted()) {
            return frame("DELETED", event.object());
        }
        ObjectNode old = View.object(before, type);
        ObjectNode copy = old.objectNode();
        copy.setAll(old);
        copy.set("metadata", old.path("metadata").deepCopy());
        Meta.of(copy).put("resourceVersion", Long.toString(event.revision()));
        return Frames.of("DELETED", JsonText.write(shaped(copy)));
    }

    byte[] bookmark(long revision, boolean endOfInitialEvents) {
        return Frames.of("BOOKMARK", JsonText.write(shaped(Frames.bookmark(type, revision, endOfInitialEvents))));
    }

    /** A table of one row; only the first of a watch defines the columns. */
    private ObjectNode row(ObjectNode object) {
        boolean definitions = !columnsSent;
        columnsSent = true;
        ObjectNode metadata = object.objectNode().put("resourceVersion", Meta.resourceVersion(object));
        return tables.table(type, List.of(object), include, metadata, definitions);
    }

    private ObjectNode shaped(ObjectNode object) {
        return switch (rendering) {
            case OBJECT -> object;
            case TABLE -> row(object);
            case PARTIAL, PARTIAL_LIST -> Rendering.partial(object);
        };
    }
}
