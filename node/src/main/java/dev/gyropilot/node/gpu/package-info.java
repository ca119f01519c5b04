/** The GPUs of a machine, and what its Node tells of them. */
@NullMarked
package dev.gyropilot.node.gpu;

import org.jspecify.annotations.NullMarked;
