package dev.gyropilot.apiserver.rest;

import dev.gyropilot.apiserver.http.ClientGoneException;
import dev.gyropilot.apiserver.http.ResponseStream;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.store.Collection;
import dev.gyropilot.apiserver.store.Event;
import dev.gyropilot.apiserver.store.Listing;
import dev.gyropilot.apiserver.store.Store;
import dev.gyropilot.apiserver.store.StoreException;
import dev.gyropilot.apiserver.store.StoreException.Reason;
import dev.gyropilot.apiserver.store.Stored;
import dev.gyropilot.apiserver.table.Tables;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Watches: the state at one revision if wanted, then every later change in order, until the time is up or the client goes.
 */
final class Watches {
    private static final long MIN_TIMEOUT_SECONDS = 30 * 60;
    private static final long BOOKMARK_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int BATCH = 256;

    private final Store store;
    private final Tables tables;
    private final Reads reads;
    private final AtomicInteger running = new AtomicInteger();

    Watches(Engine engine, Reads reads) {
        this.store = engine.store();
        this.tables = engine.tables();
        this.reads = reads;
    }

    int running() {
        return running.get();
    }

    void watch(Call call) throws IOException {
        ListOptions options = ListOptions.of(call.query(), true);
        Filter filter = Filter.of(call);
        EventForm form = EventForm.of(call, tables);
        boolean fromNow = options.revision() == 0;
        if (options.sendInitialEvents() && !fromNow) {
            reads.awaitRevision(options.revision());
        }
        running.incrementAndGet();
        try (ResponseStream stream = call.exchange().wantsWebSocket()
                ? call.exchange().webSocket()
                : call.exchange().stream(200, form.contentType())) {
            new Session(options, filter, form, stream, reads.collection(call.type())).run(fromNow);
        } catch (InterruptedException e) {
            throw new ClientGoneException("the client closed the connection");
        } finally {
            running.decrementAndGet();
        }
    }

    private final class Session {
        private final ListOptions options;
        private final Filter filter;
        private final EventForm form;
        private final ResponseStream stream;
        private final Collection collection;
        private final long deadline;
        private long cursor;
        private long lastBookmark = System.nanoTime();

        Session(ListOptions options, Filter filter, EventForm form, ResponseStream stream, Collection collection) {
            this.options = options;
            this.filter = filter;
            this.form = form;
            this.stream = stream;
            this.collection = collection;
            long seconds = options.timeoutSeconds() > 0
                    ? options.timeoutSeconds()
                    : MIN_TIMEOUT_SECONDS + ThreadLocalRandom.current().nextLong(MIN_TIMEOUT_SECONDS);
            this.deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        }

        void run(boolean fromNow) throws IOException, InterruptedException {
            cursor = options.revision();
            if (fromNow || options.sendInitialEvents()) {
                sendState();
            }
            try {
                follow();
            } catch (StoreException e) {
                if (e.reason() != Reason.COMPACTED) {
                    throw e;
                }
                stream.write(Frames.error(new ApiError(
                        410,
                        "Expired",
                        "too old resource version: " + cursor + " (" + collection.floor() + ")",
                        null)));
            }
        }

        private void sendState() throws IOException {
            Listing listing = collection.list(filter.namespace());
            for (Stored stored : listing.objects()) {
                if (filter.matches(stored)) {
                    stream.write(form.frame("ADDED", stored));
                }
            }
            cursor = listing.revision();
            if (options.sendInitialEvents() && options.bookmarks()) {
                stream.write(form.bookmark(cursor, true));
            }
        }

        private void follow() throws IOException, InterruptedException {
            while (!collection.closed()) {
                long visible = store.revision();
                List<Event> events = collection.changesAfter(cursor, BATCH);
                for (Event event : events) {
                    send(event);
                    cursor = event.revision();
                }
                if (events.isEmpty()) {
                    // Everything up to here was visible before the window was read, so nothing of it can still come.
                    cursor = Math.max(cursor, visible);
                    long left = deadline - System.nanoTime();
                    if (left <= 0) {
                        break;
                    }
                    bookmarkIfDue();
                    var _ = collection.awaitChange(cursor, Math.min(left, untilBookmark()));
                }
            }
            if (options.bookmarks()) {
                stream.write(form.bookmark(cursor, false));
            }
        }

        private void send(Event event) throws IOException {
            Stored before = event.before();
            boolean was = before != null && filter.matches(before);
            boolean is = !event.deleted() && filter.matches(event.object());
            if (is) {
                stream.write(form.frame(was ? "MODIFIED" : "ADDED", event.object()));
            } else if (was && before != null) {
                stream.write(form.deleted(event, before));
            }
        }

        private void bookmarkIfDue() throws IOException {
            if (options.bookmarks() && untilBookmark() <= 0) {
                lastBookmark = System.nanoTime();
                stream.write(form.bookmark(cursor, false));
            }
        }

        private long untilBookmark() {
            return options.bookmarks() ? lastBookmark + BOOKMARK_NANOS - System.nanoTime() : Long.MAX_VALUE;
        }
    }
}
