/** Processes that outlive the node, their limits, their output. */
@NullMarked
package dev.gyropilot.node.process;

import org.jspecify.annotations.NullMarked;
