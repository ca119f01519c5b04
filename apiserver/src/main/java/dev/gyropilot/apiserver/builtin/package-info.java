/** The built-in kinds: what they are called, what their Go types mean for JSON, their defaults and rules. */
@NullMarked
package dev.gyropilot.apiserver.builtin;

import org.jspecify.annotations.NullMarked;
