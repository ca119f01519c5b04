package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.Stored;
import dev.gyropilot.apiserver.table.Tables;
import dev.gyropilot.apiserver.table.Tables.IncludeObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Answers in the form that the client accepts. */
public final class Answers {
    private static final String JSON = "application/json";

    public static void json(Exchange exchange, int status, JsonNode body) throws IOException {
        send(exchange, status, JSON, JsonText.write(body));
    }

    public static void error(Exchange exchange, ApiError error) throws IOException {
        ObjectNode details = error.details();
        if (details != null && details.has("retryAfterSeconds")) {
            exchange.answerHeader(
                    "Retry-After", details.path("retryAfterSeconds").asText());
        }
        json(exchange, error.code(), error.status());
    }

    public static void text(Exchange exchange, int status, String body) throws IOException {
        exchange.respond(status, "text/plain; charset=utf-8", body.getBytes(StandardCharsets.UTF_8));
    }

    static void object(Call call, Tables tables, int status, ObjectNode object) throws IOException {
        Rendering rendering = Rendering.of(call.exchange());
        ObjectNode shaped = switch (rendering) {
            case OBJECT -> object;
            case TABLE ->
                tables.table(
                        call.type(),
                        List.of(object),
                        include(call),
                        object.objectNode().put("resourceVersion", Meta.resourceVersion(object)));
            case PARTIAL, PARTIAL_LIST -> Rendering.partial(object);
        };
        send(call.exchange(), status, rendering.contentType(), JsonText.write(shaped));
    }

    static void scale(Call call, Tables tables, ObjectNode scale) throws IOException {
        Rendering rendering = Rendering.of(call.exchange());
        ObjectNode shaped = switch (rendering) {
            case OBJECT -> scale;
            case TABLE -> tables.scale(scale, include(call));
            case PARTIAL, PARTIAL_LIST -> Rendering.partial(scale);
        };
        send(call.exchange(), 200, rendering.contentType(), JsonText.write(shaped));
    }

    static void stored(Call call, Tables tables, Stored stored) throws IOException {
        if (Rendering.of(call.exchange()) == Rendering.OBJECT) {
            send(call.exchange(), 200, JSON, View.bytes(stored, call.type()));
        } else {
            object(call, tables, 200, View.object(stored, call.type()));
        }
    }

    static void list(Call call, Tables tables, Reads.Page page) throws IOException {
        Rendering rendering = Rendering.of(call.exchange());
        ResourceType type = call.type();
        switch (rendering) {
            case OBJECT -> send(call.exchange(), 200, JSON, wholeList(type, page));
            case TABLE -> {
                ObjectNode metadata = (ObjectNode) head("", "", page).path("metadata");
                List<ObjectNode> objects = page.objects().stream()
                        .map(stored -> View.object(stored, type))
                        .toList();
                ObjectNode table = tables.table(type, objects, include(call), metadata);
                send(call.exchange(), 200, rendering.contentType(), JsonText.write(table));
            }
            case PARTIAL, PARTIAL_LIST -> {
                ObjectNode list = head("PartialObjectMetadataList", "meta.k8s.io/v1", page);
                ArrayNode items = list.putArray("items");
                page.objects().forEach(stored -> items.add(Rendering.partial(View.object(stored, type))));
                send(call.exchange(), 200, Rendering.PARTIAL_LIST.contentType(), JsonText.write(list));
            }
        }
    }

    static void objects(Call call, List<ObjectNode> objects, long revision) throws IOException {
        ObjectNode list =
                head(call.type().listKind(), call.type().apiVersion(), new Reads.Page(revision, List.of(), "", null));
        list.putArray("items").addAll(objects);
        json(call.exchange(), 200, list);
    }

    /** What of each object comes with its row. */
    static IncludeObject include(Call call) {
        String wanted = call.query().text("includeObject");
        IncludeObject include = IncludeObject.of(wanted);
        if (include == null) {
            throw ApiError.badRequest(
                    "unrecognized includeObject value: \"" + wanted + "\"; use one of None, Metadata and Object");
        }
        return include;
    }

    static ObjectNode success(ResourceType type, ObjectNode object) {
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success");
        ObjectNode details = ApiError.details(Meta.name(object), type.group(), type.plural());
        details.put("uid", Meta.uid(object));
        status.set("details", details);
        return status;
    }

    private static ObjectNode head(String kind, String apiVersion, Reads.Page page) {
        ObjectNode list = JsonNodeFactory.instance.objectNode();
        list.put("kind", kind).put("apiVersion", apiVersion);
        ObjectNode metadata = list.putObject("metadata").put("resourceVersion", Long.toString(page.revision()));
        if (!page.next().isEmpty()) {
            metadata.put("continue", page.next());
        }
        Long remaining = page.remaining();
        if (remaining != null) {
            metadata.put("remainingItemCount", remaining);
        }
        return list;
    }

    /** Joins the stored bytes: the trees need not exist. */
    private static byte[] wholeList(ResourceType type, Reads.Page page) {
        byte[] head = JsonText.write(head(type.listKind(), type.apiVersion(), page));
        ByteArrayOutputStream list = new ByteArrayOutputStream(1024);
        list.write(head, 0, head.length - 1);
        list.writeBytes(",\"items\":[".getBytes(StandardCharsets.US_ASCII));
        boolean first = true;
        for (Stored stored : page.objects()) {
            if (!first) {
                list.write(',');
            }
            first = false;
            list.writeBytes(View.bytes(stored, type));
        }
        list.writeBytes("]}".getBytes(StandardCharsets.US_ASCII));
        return list.toByteArray();
    }

    private static void send(Exchange exchange, int status, String contentType, byte[] body) throws IOException {
        if (PrettyJson.wanted(exchange)) {
            exchange.respond(status, contentType, PrettyJson.indent(body));
            return;
        }
        byte[] line = new byte[body.length + 1];
        System.arraycopy(body, 0, line, 0, body.length);
        line[body.length] = '\n';
        exchange.respond(status, contentType, line);
    }

    private Answers() {}
}
