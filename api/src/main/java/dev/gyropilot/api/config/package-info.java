/** Configuration: records whose annotated components a person may set in {@code config.yaml}. */
@NullMarked
package dev.gyropilot.api.config;

import org.jspecify.annotations.NullMarked;
