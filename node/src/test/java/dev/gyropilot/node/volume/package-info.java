@NullMarked
package dev.gyropilot.node.volume;

import org.jspecify.annotations.NullMarked;
