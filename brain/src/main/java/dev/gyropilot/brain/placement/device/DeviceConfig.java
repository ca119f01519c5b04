package dev.gyropilot.brain.placement.device;

/** Parameters that a driver gets, opaque to us. */
public record DeviceConfig(String driver, Object parameters) {}
