/** Reads Kubernetes objects into placement's records and writes allocations back in the API's own shapes. */
@NullMarked
package dev.gyropilot.brain.placement.objects;

import org.jspecify.annotations.NullMarked;
