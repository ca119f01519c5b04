/** Nodes, devices and pods that exist in the API only, and say so. */
@NullMarked
package dev.gyropilot.node.simulate;

import org.jspecify.annotations.NullMarked;
