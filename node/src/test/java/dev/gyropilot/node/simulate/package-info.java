@NullMarked
package dev.gyropilot.node.simulate;

import org.jspecify.annotations.NullMarked;
