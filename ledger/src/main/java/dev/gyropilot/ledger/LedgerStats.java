package dev.gyropilot.ledger;

/**
 * The ledger's own counters.
 *
 * @param queued records in memory now
 * @param written records in the database, since the start
 * @param spilled records that went to disk first because the database was away, since the start
 * @param spillBytes bytes that wait on disk now
 * @param dropped records lost because memory and disk were full, since the start
 * @param rejected records that the database refused for their content, since the start
 * @param connected whether the database answered last time
 */
public record LedgerStats(
        long queued, long written, long spilled, long spillBytes, long dropped, long rejected, boolean connected) {}
