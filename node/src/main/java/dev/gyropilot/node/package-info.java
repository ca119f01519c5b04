/** A kubelet for local processes: registers a Node and runs the pods bound to it. */
@NullMarked
package dev.gyropilot.node;

import org.jspecify.annotations.NullMarked;
