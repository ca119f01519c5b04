/** Gangs and queues in the words of those who brought them up, translated to one model. */
@NullMarked
package dev.gyropilot.scheduler.groups;

import org.jspecify.annotations.NullMarked;
