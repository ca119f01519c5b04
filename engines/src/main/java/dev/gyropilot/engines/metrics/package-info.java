/** Counters, gauges and histograms in Prometheus' text format. */
@NullMarked
package dev.gyropilot.engines.metrics;

import org.jspecify.annotations.NullMarked;
