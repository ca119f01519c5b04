/** Replays lists of pods on lists of nodes, by the protocol of the FGD paper, with its policies beside ours. */
@NullMarked
package dev.gyropilot.simulator.packing;

import org.jspecify.annotations.NullMarked;
