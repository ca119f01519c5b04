@NullMarked
package dev.gyropilot.brain.placement;

import org.jspecify.annotations.NullMarked;
