/** Reads traces and replays them through the brain in virtual time. */
@NullMarked
package dev.gyropilot.simulator;

import org.jspecify.annotations.NullMarked;
