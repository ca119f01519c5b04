<<<<<<< HEAD
/** Benchmarks, each with the peer or the limit beside it. */
=======
/** Macro benchmarks, each with the peer or the limit beside it in one run. */
>>>>>>> 38b3480 (benchmarks: gyro bench, start-up time and idle memory)
@NullMarked
package dev.gyropilot.benchmarks;

import org.jspecify.annotations.NullMarked;
