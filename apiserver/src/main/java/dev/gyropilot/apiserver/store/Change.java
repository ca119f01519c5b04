package dev.gyropilot.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * A wanted write.
 *
 * @param expected revision at which the object must be; 0 when it must not exist
 * @param object the new version, owned by the store from now on; null to delete
 */
record Change(ObjectKey key, long expected, @Nullable ObjectNode object) {}
