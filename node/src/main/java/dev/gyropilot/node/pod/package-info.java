/** The life of one pod: what to start, what to stop, and what to report. */
@NullMarked
package dev.gyropilot.node.pod;

import org.jspecify.annotations.NullMarked;
