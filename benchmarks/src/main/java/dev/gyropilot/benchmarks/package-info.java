/** Macro benchmarks, each with the peer or the limit beside it in one run. */
@NullMarked
package dev.gyropilot.benchmarks;

import org.jspecify.annotations.NullMarked;
