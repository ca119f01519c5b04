/** Serves models: a ModelService becomes a Deployment per revision and a Service that selects the active one. */
@NullMarked
package dev.gyropilot.operator.serving;

import org.jspecify.annotations.NullMarked;
