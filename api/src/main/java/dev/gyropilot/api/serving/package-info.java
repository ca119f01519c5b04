/** The serving kinds of {@code gyropilot.dev/v1alpha1}: ModelService, Model and Engine. */
@NullMarked
package dev.gyropilot.api.serving;

import org.jspecify.annotations.NullMarked;
