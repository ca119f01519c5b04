/**
 * Packing of work into hosts with devices, so that as little as possible is stranded. Works on columns of free CPU and device
 * shares; knows nothing of Kubernetes.
 */
@NullMarked
package dev.gyropilot.brain.placement.packing;

import org.jspecify.annotations.NullMarked;
