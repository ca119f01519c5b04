/** A deterministic engine without a model that speaks vLLM's API and metrics. */
@NullMarked
package dev.gyropilot.engines.simulated;

import org.jspecify.annotations.NullMarked;
