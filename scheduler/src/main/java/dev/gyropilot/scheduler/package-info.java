/** The scheduler: watches pods and claims, asks {@link dev.gyropilot.brain.placement}, writes allocations and bindings. */
@NullMarked
package dev.gyropilot.scheduler;

import org.jspecify.annotations.NullMarked;
