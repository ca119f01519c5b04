package dev.gyropilot.brain.placement.packing;

/** Work that runs on a host and may be moved. */
public record Tenant(String id, Need need, Place place) {}
