package dev.gyropilot.brain.placement;

/** A preference and how many points it is worth; negative for what should be avoided. */
public record Weighted<T>(T term, int weight) {}
