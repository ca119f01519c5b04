package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.Collection;
import dev.gyropilot.apiserver.store.Listing;
import dev.gyropilot.apiserver.store.Store;
import dev.gyropilot.apiserver.store.StoreException;
import dev.gyropilot.apiserver.store.StoreException.Reason;
import dev.gyropilot.apiserver.store.Stored;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** get and list. */
final class Reads {
    private static final long FUTURE_WAIT_MILLIS = 3_000;
    private static final long POLL_MILLIS = 20;

    /**
     * One page.
     *
     * @param next token of the next page, empty on the last
     * @param remaining how many objects follow, or null when that is not known
     */
    record Page(
            long revision,
            List<Stored> objects,
            String next,
            @Nullable Long remaining) {}

    private final Store store;

    Reads(Store store) {
        this.store = store;
    }

    Stored get(Call call) {
        Stored stored = find(call.type(), call.namespace(), call.name());
        if (stored == null) {
            throw ApiError.notFound(call.type().group(), call.type().plural(), call.name());
        }
        String wanted = call.query().text("resourceVersion");
        if (!wanted.isEmpty()) {
            awaitRevision(ListOptions.of(call.query(), false).revision());
        }
        return stored;
    }

    @Nullable
    Stored find(ResourceType type, String namespace, String name) {
        return collection(type).get(type.namespaced() ? namespace : "", name);
    }

    Collection collection(ResourceType type) {
        return store.collection(View.collection(type));
    }

    Page list(Call call) {
        ListOptions options = ListOptions.of(call.query(), false);
        Filter filter = Filter.of(call);
        Collection collection = collection(call.type());
        Listing listing =
                options.next().isEmpty() ? first(options, filter, collection) : following(options, filter, collection);
        return page(listing, options.limit(), filter);
    }

    /** Waits a little for a revision that this server has not reached. */
    void awaitRevision(long revision) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FUTURE_WAIT_MILLIS);
        while (Long.compareUnsigned(store.revision(), revision) < 0) {
            if (System.nanoTime() > deadline) {
                throw tooLarge(revision, store.revision());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw tooLarge(revision, store.revision());
            }
        }
    }

    private Listing first(ListOptions options, Filter filter, Collection collection) {
        long revision = options.revision();
        if (revision != 0) {
            awaitRevision(revision);
        }
        if (options.match().equals("Exact")) {
            try {
                return collection.listAt(filter.namespace(), revision, "");
            } catch (StoreException e) {
                if (e.reason() == Reason.COMPACTED) {
                    throw new ApiError(410, "Expired", "The resourceVersion for the provided list is too old.", null);
                }
                throw e;
            }
        }
        return collection.list(filter.namespace());
    }

    private Listing following(ListOptions options, Filter filter, Collection collection) {
        if (!options.resourceVersion().isEmpty() && !options.resourceVersion().equals("0")) {
            throw ApiError.badRequest("specifying resource version is not allowed when using continue");
        }
        ContinueToken token = ContinueToken.decode(options.next());
        String prefix = filter.namespace().isEmpty() ? "" : filter.namespace() + "/";
        String start = prefix + token.start();
        if (token.revision() < 0) {
            long revision = collection.list(filter.namespace()).revision();
            return collection.listAt(filter.namespace(), revision, start);
        }
        try {
            return collection.listAt(filter.namespace(), token.revision(), start);
        } catch (StoreException e) {
            if (e.reason() != Reason.COMPACTED) {
                throw e;
            }
            throw expired(token);
        }
    }

    private static Page page(Listing listing, long limit, Filter filter) {
        List<Stored> all = listing.objects();
        boolean filters = filter.selects() || !filter.name().isEmpty();
        List<Stored> matching = filters ? all.stream().filter(filter::matches).toList() : all;
        if (limit <= 0 || matching.size() <= limit) {
            return new Page(listing.revision(), matching, "", null);
        }
        List<Stored> page = matching.subList(0, (int) limit);
        String next = new ContinueToken(listing.revision(), after(page.getLast(), filter.namespace())).encode();
        Long remaining = filters ? null : (long) (matching.size() - page.size());
        return new Page(listing.revision(), page, next, remaining);
    }

    /** The smallest path behind an object, within the listed namespace. */
    private static String after(Stored last, String namespace) {
        String name = last.key().name();
        String path = namespace.isEmpty() && !last.key().namespace().isEmpty()
                ? last.key().namespace() + "/" + name
                : name;
        return path + '\0';
    }

    private static ApiError expired(ContinueToken token) {
        String message =
                "The provided continue parameter is too old to display a consistent list result. You can start a"
                        + " new list without the continue parameter, or use the continue token in this response to retrieve the"
                        + " remainder of the results. Continuing with the provided token results in an inconsistent list -"
                        + " objects that were created, modified, or deleted between the time the first chunk was returned and now"
                        + " may show up in the list.";
        return ApiError.expiredPage(message, new ContinueToken(-1, token.start()).encode());
    }

    private static ApiError tooLarge(long wanted, long current) {
        ObjectNode details = JsonNodeFactory.instance.objectNode();
        details.putArray("causes")
                .addObject()
                .put("reason", "ResourceVersionTooLarge")
                .put("message", "Too large resource version");
        details.put("retryAfterSeconds", 1);
        return new ApiError(
                504,
                "Timeout",
                "Timeout: Too large resource version: " + Long.toUnsignedString(wanted) + ", current: " + current,
                details);
    }
}
