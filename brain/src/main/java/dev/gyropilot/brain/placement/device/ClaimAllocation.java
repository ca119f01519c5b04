package dev.gyropilot.brain.placement.device;

/** What a claim gets. */
public record ClaimAllocation(String namespace, String name) {}
