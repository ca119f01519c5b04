package dev.gyropilot.cli;

import java.util.List;

/**
 * What {@code gyro up} was asked to start.
 *
 * @param apiPort port of the Kubernetes API, 0 for a free one
 * @param gatewayPort port of the gateway, 0 for a free one
 * @param simulate specifications of simulated nodes, such as {@code 8xH100x100}
 */
record PlatformOptions(int apiPort, int gatewayPort, List<String> simulate) {}
