package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.rest.Bodies.Decoded;
import dev.gyropilot.apiserver.rest.Deletions.Deleted;
import dev.gyropilot.apiserver.rest.Writes.Written;
import dev.gyropilot.apiserver.schema.Pruning;
import dev.gyropilot.apiserver.schema.UnknownFields;
import dev.gyropilot.apiserver.store.Stored;
import java.io.IOException;
import java.util.List;

/** Carries out authorized requests on served kinds. */
public final class Resources {
    private final Engine engine;
    private final Reads reads;
    private final Watches watches;
    private final Writes writes;
    private final Deletions deletions;
    private final Patching patching;
    private final Subresources subresources;

    public Resources(Engine engine, Identities identities, NodeProxy nodes) {
        this.engine = engine;
        this.reads = new Reads(engine.store());
        this.watches = new Watches(engine, reads);
        this.writes = new Writes(engine, reads);
        this.deletions = new Deletions(engine, reads);
        this.patching = new Patching(engine.fields());
        this.subresources = new Subresources(
                new Reviews(identities),
                new Scales(engine, reads, writes),
                new PodActions(engine, identities, deletions),
                nodes);
    }

    /** How many watches are open. */
    public int runningWatches() {
        return watches.running();
    }

    public void serve(Call call) throws IOException {
        if (subresources.serve(call)) {
            return;
        }
        switch (call.attributes().verb()) {
            case "get" -> get(call);
            case "list" -> Answers.list(call, engine.tables(), reads.list(call));
            case "watch" -> watches.watch(call);
            case "create" -> create(call);
            case "update" -> update(call);
            case "patch" -> patch(call);
            case "delete" -> delete(call);
            case "deletecollection" -> deleteCollection(call);
            default -> throw methodNotAllowed();
        }
    }

    static ApiError methodNotAllowed() {
        return new ApiError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource", null);
    }

    private void get(Call call) throws IOException {
        Stored stored = reads.get(call);
        Answers.stored(call, engine.tables(), stored);
    }

    private void create(Call call) throws IOException {
        WriteOptions options = WriteOptions.of(call, "CreateOptions", false);
        ObjectNode object = decoded(call, options);
        Written written = writes.create(call, object, options, false);
        Answers.object(call, engine.tables(), 201, written.object());
    }

    private void update(Call call) throws IOException {
        WriteOptions options = WriteOptions.of(call, "UpdateOptions", false);
        ObjectNode object = decoded(call, options);
        boolean absent = reads.find(call.type(), call.namespace(), call.name()) == null;
        if (absent
                && call.type().strategy().createsOnUpdate()
                && call.subresource().isEmpty()) {
            Meta.of(object).remove("resourceVersion");
            Answers.object(
                    call,
                    engine.tables(),
                    201,
                    writes.create(call, object, options, false).object());
            return;
        }
        Written written = writes.update(call, options, false, before -> object.deepCopy());
        Answers.object(call, engine.tables(), 200, written.object());
    }

    private void patch(Call call) throws IOException {
        boolean apply = Patching.isApply(call);
        WriteOptions options = WriteOptions.of(call, "PatchOptions", apply);
        if (!apply) {
            Written written = writes.update(call, options, false, patching.change(call, options));
            Answers.object(call, engine.tables(), 200, written.object());
            return;
        }
        Stored stored = reads.find(call.type(), call.namespace(), call.name());
        if (stored == null && call.subresource().isEmpty()) {
            ObjectNode created = patching.apply(call, options, null);
            Meta.of(created).remove("resourceVersion");
            Answers.object(
                    call,
                    engine.tables(),
                    201,
                    writes.create(call, created, options, true).object());
            return;
        }
        Written written = writes.update(call, options, true, before -> patching.apply(call, options, before));
        Answers.object(call, engine.tables(), 200, written.object());
    }

    private void delete(Call call) throws IOException {
        Deleted deleted = deletions.delete(call, Deletions.Options.of(call));
        if (deleted.gone()) {
            Answers.json(call.exchange(), 200, Answers.success(call.type(), deleted.object()));
        } else {
            Answers.object(call, engine.tables(), 200, deleted.object());
        }
    }

    private void deleteCollection(Call call) throws IOException {
        List<ObjectNode> deleted = deletions.deleteCollection(call, Deletions.Options.of(call));
        Answers.objects(call, deleted, engine.store().revision());
    }

    /** The object of the body, without what its schema does not know. */
    private static ObjectNode decoded(Call call, WriteOptions options) {
        Decoded decoded = Bodies.object(call);
        List<String> unknown = UnknownFields.find(decoded.object(), call.type().schema());
        // A field that is not known is not known to be duplicate either.
        decoded.findings().removeIf(finding -> unknown.contains(finding.replaceFirst("^duplicate", "unknown")));
        decoded.findings().addAll(unknown);
        Pruning.prune(decoded.object(), call.type().schema());
        if (!decoded.findings().isEmpty()) {
            switch (options.validation()) {
                case IGNORE -> {}
                case WARN -> decoded.findings().forEach(call::warn);
                case STRICT ->
                    throw ApiError.badRequest(call.type().kind() + " in version \""
                            + call.type().version() + "\" cannot be handled as a "
                            + call.type().kind() + ": strict decoding error: "
                            + String.join(", ", decoded.findings()));
            }
        }
        return decoded.object();
    }
}
