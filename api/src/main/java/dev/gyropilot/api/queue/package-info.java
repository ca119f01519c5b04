/** Queues: who may use how many devices. */
@NullMarked
package dev.gyropilot.api.queue;

import org.jspecify.annotations.NullMarked;
