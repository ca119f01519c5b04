/** Tells clients of a Service where its pods answer. */
@NullMarked
package dev.gyropilot.apiserver.controllers.endpoints;

import org.jspecify.annotations.NullMarked;
