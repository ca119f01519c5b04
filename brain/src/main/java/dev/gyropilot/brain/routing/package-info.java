/** Which replica answers a request: pure functions over what is known of the replicas. */
@NullMarked
package dev.gyropilot.brain.routing;

import org.jspecify.annotations.NullMarked;
