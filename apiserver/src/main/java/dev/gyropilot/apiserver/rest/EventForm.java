package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.Event;
import dev.gyropilot.apiserver.store.Stored;

/** How one watch wants its objects: whole, as metadata only, or as rows of a table. */
final class EventForm {
    private final ResourceType type;
    private final Rendering rendering;

    private EventForm(ResourceType type, Rendering rendering) {
        this.type = type;
        this.rendering = rendering;
    }

    static EventForm of(Call call) {
        return new EventForm(call.type(), Rendering.of(call.exchange()));
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

    private ObjectNode shaped(ObjectNode object) {
        return switch (rendering) {
            case OBJECT, TABLE -> object;
            case PARTIAL, PARTIAL_LIST -> Rendering.partial(object);
        };
    }
}
