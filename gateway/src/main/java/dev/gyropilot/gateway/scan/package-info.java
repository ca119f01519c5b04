/** Reads requests and answers in place, as they pass: no copy, no tree, no allocation per byte. */
@NullMarked
package dev.gyropilot.gateway.scan;

import org.jspecify.annotations.NullMarked;
