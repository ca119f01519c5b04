package dev.gyropilot.brain.placement.packing;

/**
 * A node as packing sees it.
 *
 * @param type of its devices, which are all of one type
 * @param memory bytes
 */
public record Host(String name, String type, long cpuMillis, long memory, int devices) {}
