@NullMarked
package dev.gyropilot.brain.placement.queue;

import org.jspecify.annotations.NullMarked;
