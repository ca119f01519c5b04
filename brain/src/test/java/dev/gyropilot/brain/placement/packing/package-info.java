@NullMarked
package dev.gyropilot.brain.placement.packing;

import org.jspecify.annotations.NullMarked;
