/** Benchmarks, each with the peer or the limit beside it. */
@NullMarked
package dev.gyropilot.benchmarks;

import org.jspecify.annotations.NullMarked;
