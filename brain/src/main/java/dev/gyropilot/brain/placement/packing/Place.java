package dev.gyropilot.brain.placement.packing;

/**
 * Where a need is met.
 *
 * @param devices their indexes on the host; empty for work on the CPU alone
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and made for every decision
public record Place(int host, int[] devices) {}
