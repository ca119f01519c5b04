@NullMarked
package dev.gyropilot.node;

import org.jspecify.annotations.NullMarked;
