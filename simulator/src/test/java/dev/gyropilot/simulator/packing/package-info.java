@NullMarked
package dev.gyropilot.simulator.packing;

import org.jspecify.annotations.NullMarked;
