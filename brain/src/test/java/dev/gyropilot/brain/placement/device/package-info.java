@NullMarked
package dev.gyropilot.brain.placement.device;

import org.jspecify.annotations.NullMarked;
