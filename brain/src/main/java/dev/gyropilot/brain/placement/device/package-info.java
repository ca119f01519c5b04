/** Devices: pools, claims and the structured allocator of {@code resource.k8s.io/v1}. */
@NullMarked
package dev.gyropilot.brain.placement.device;

import org.jspecify.annotations.NullMarked;
