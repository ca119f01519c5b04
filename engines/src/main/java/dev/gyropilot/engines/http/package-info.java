/** The small HTTP server under every engine: limits, deadlines, server-sent events, drain. */
@NullMarked
package dev.gyropilot.engines.http;

import org.jspecify.annotations.NullMarked;
