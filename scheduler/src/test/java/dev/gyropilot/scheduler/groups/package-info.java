@NullMarked
package dev.gyropilot.scheduler.groups;

import org.jspecify.annotations.NullMarked;
