package dev.gyropilot.brain.placement.device;

/**
 * The pods of a claim have to leave, because a device of theirs has a {@code NoExecute} taint that the claim does not
 * tolerate, or not for ever.
 *
 * @param atMillis when, since the epoch
 */
public record Eviction(DeviceId device, DeviceTaint taint, long atMillis) {}
