@NullMarked
package dev.gyropilot.node.pod;

import org.jspecify.annotations.NullMarked;
