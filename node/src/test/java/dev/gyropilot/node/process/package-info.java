@NullMarked
package dev.gyropilot.node.process;

import org.jspecify.annotations.NullMarked;
