package dev.gyropilot.apiserver.store;

import org.jspecify.annotations.Nullable;

/**
 * A change, in the order of revisions.
 *
 * @param object the new version; of a deleted object its last version under the revision of the deletion
 * @param before the version it replaced; null when the object was created
 * @param deleted whether the object is gone
 */
public record Event(Stored object, @Nullable Stored before, boolean deleted) {
    public long revision() {
        return object.revision();
    }

    int size() {
        return object.bytes().length;
    }
}
