package dev.gyropilot.apiserver.store;

import java.util.ArrayList;
import java.util.List;

/**
 * The recent changes of one collection: a ring, bounded in number and size, searched by revision. Not thread-safe.
 */
final class Window {
    private static final int INITIAL = 64;

    private final int limitEvents;
    private final long limitBytes;
    private Event[] ring = new Event[INITIAL];
    private int head;
    private int size;
    private long bytes;
    private long floor;

    /** @param floor revision up to which changes are unknown */
    Window(int limitEvents, long limitBytes, long floor) {
        this.limitEvents = limitEvents;
        this.limitBytes = limitBytes;
        this.floor = floor;
    }

    /** Changes after this revision are complete; before it some are forgotten. */
    long floor() {
        return floor;
    }

    void add(Event event) {
        if (size == ring.length) {
            grow();
        }
        ring[(head + size) % ring.length] = event;
        size++;
        bytes += event.size();
        while (size > limitEvents || (bytes > limitBytes && size > 1)) {
            dropOldest();
        }
    }

    /** The changes after a revision that is not below the floor, oldest first. */
    List<Event> after(long revision, int limit) {
        int from = firstAfter(revision);
        int to = from + Math.min(size - from, limit);
        List<Event> found = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            found.add(at(i));
        }
        return found;
    }

    boolean anyAfter(long revision) {
        return size > 0 && at(size - 1).revision() > revision;
    }

    /** Forgets all changes up to a revision. */
    void compact(long revision) {
        while (size > 0 && at(0).revision() <= revision) {
            dropOldest();
        }
        floor = Math.max(floor, revision);
    }

    private int firstAfter(long revision) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (at(middle).revision() <= revision) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private Event at(int index) {
        return ring[(head + index) % ring.length];
    }

    @SuppressWarnings("NullAway") // a free slot of the ring is null and never read
    private void dropOldest() {
        Event oldest = ring[head];
        ring[head] = null;
        head = (head + 1) % ring.length;
        size--;
        bytes -= oldest.size();
        floor = oldest.revision();
    }

    private void grow() {
        Event[] larger = new Event[ring.length * 2];
        for (int i = 0; i < size; i++) {
            larger[i] = at(i);
        }
        ring = larger;
        head = 0;
    }
}
