package dev.gyropilot.apiserver.store;

import dev.gyropilot.api.config.Setting;

/**
 * The bounds of a store.
 *
 * @param databaseBytes how large the file may grow; beyond it writes are refused as on a full disk
 * @param windowEvents recent changes kept per resource, so that watches can resume
 * @param windowBytes their size per resource
 * @param batchWrites how many writes may share one fsync
 * @param queuedWrites how many writes may wait for the writer
 */
public record StoreLimits(
        @Setting("How large the file may grow; beyond it writes are refused as on a full disk.")
        long databaseBytes,

        @Setting("Recent changes kept per resource, so that watches can resume.")
        int windowEvents,

        @Setting("Their size per resource.") long windowBytes,
        @Setting("How many writes may share one fsync.") int batchWrites,
        @Setting("How many writes may wait for the writer.") int queuedWrites) {
    public static final StoreLimits DEFAULT = new StoreLimits(8L << 30, 4096, 8L << 20, 256, 4096);
}
