/** Brings a model from its URI into a content-addressed cache. */
@NullMarked
package dev.gyropilot.engines.fetch;

import org.jspecify.annotations.NullMarked;
