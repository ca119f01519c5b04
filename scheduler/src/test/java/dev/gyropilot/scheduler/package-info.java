@NullMarked
package dev.gyropilot.scheduler;

import org.jspecify.annotations.NullMarked;
