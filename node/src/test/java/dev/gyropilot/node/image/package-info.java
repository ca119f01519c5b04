@NullMarked
package dev.gyropilot.node.image;

import org.jspecify.annotations.NullMarked;
