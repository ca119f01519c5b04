package dev.gyropilot.brain.placement.device;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** An immutable map of which a changed copy costs a few kilobytes, however many entries it has. */
final class Shards<K extends Comparable<K>, V> {
    static final int COUNT = 512;

    private final List<Map<K, V>> shards;

    Shards() {
        this(Collections.nCopies(COUNT, Map.of()));
    }

    private Shards(List<Map<K, V>> shards) {
        this.shards = shards;
    }

    @Nullable
    V get(K key) {
        return shards.get(shard(key)).get(key);
    }

    /** A copy with one entry set, or removed when the value is null. */
    Shards<K, V> with(K key, @Nullable V value) {
        int at = shard(key);
        var changed = new TreeMap<K, V>(shards.get(at));
        if (value == null) {
            changed.remove(key);
        } else {
            changed.put(key, value);
        }
        var copy = new ArrayList<>(shards);
        copy.set(at, changed);
        return new Shards<>(copy);
    }

    /** A part of the entries; the same object for as long as none of them changes. */
    Map<K, V> part(int at) {
        return shards.get(at);
    }

    void forEach(BiConsumer<K, V> action) {
        shards.forEach(shard -> shard.forEach(action));
    }

    private static int shard(Object key) {
        int h = key.hashCode() * 0x9E3779B9;
        return (h >>> 16) % COUNT;
    }
}
