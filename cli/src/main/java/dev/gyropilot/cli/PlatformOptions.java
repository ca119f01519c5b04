package dev.gyropilot.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code gyro up} was asked to start.
 *
 * @param kubeconfig a cluster to work with; null for an API of our own
 * @param apiPort port of the Kubernetes API, 0 for a free one
 * @param gatewayPort port of the gateway, 0 for a free one
 * @param simulate specifications of simulated nodes, such as {@code 8xH100x100}
 */
record PlatformOptions(@Nullable Path kubeconfig, int apiPort, int gatewayPort, List<String> simulate) {}
