package dev.gyropilot.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.ref.SoftReference;
import org.jspecify.annotations.Nullable;

/**
 * One version of an object. The compact bytes are kept; the tree is rebuilt when it was dropped for want of memory, since
 * trees take about ten times the room.
 */
public final class Stored {
    private final ObjectKey key;
    private final long revision;
    private final byte[] bytes;
    private volatile @Nullable SoftReference<ObjectNode> tree;

    Stored(ObjectKey key, long revision, byte[] bytes, @Nullable ObjectNode tree) {
        this.key = key;
        this.revision = revision;
        this.bytes = bytes;
        this.tree = tree == null ? null : new SoftReference<>(tree);
    }

    public ObjectKey key() {
        return key;
    }

    public long revision() {
        return revision;
    }

    /** The object as JSON; never to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    /** The object, shared: never to be changed. Take a {@code deepCopy()} to change it. */
    public ObjectNode object() {
        SoftReference<ObjectNode> reference = tree;
        ObjectNode known = reference == null ? null : reference.get();
        if (known == null) {
            known = Json.tree(bytes);
            tree = new SoftReference<>(known);
        }
        return known;
    }

    String path() {
        return key.path();
    }
}
