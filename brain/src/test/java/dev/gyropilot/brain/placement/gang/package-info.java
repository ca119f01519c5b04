@NullMarked
package dev.gyropilot.brain.placement.gang;

import org.jspecify.annotations.NullMarked;
