/** The command line, and the composition root: the only place that knows all parts. */
@NullMarked
package dev.gyropilot.cli;

import org.jspecify.annotations.NullMarked;
