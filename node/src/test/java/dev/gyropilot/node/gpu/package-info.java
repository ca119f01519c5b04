@NullMarked
package dev.gyropilot.node.gpu;

import org.jspecify.annotations.NullMarked;
