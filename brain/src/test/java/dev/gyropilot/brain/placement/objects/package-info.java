@NullMarked
package dev.gyropilot.brain.placement.objects;

import org.jspecify.annotations.NullMarked;
