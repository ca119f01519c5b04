/** The mappers of this room. */
@NullMarked
package dev.gyropilot.node.json;

import org.jspecify.annotations.NullMarked;
