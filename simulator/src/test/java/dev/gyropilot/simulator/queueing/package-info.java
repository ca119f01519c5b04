@NullMarked
package dev.gyropilot.simulator.queueing;

import org.jspecify.annotations.NullMarked;
