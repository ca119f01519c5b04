/** What an image name means on a machine without containers. */
@NullMarked
package dev.gyropilot.node.image;

import org.jspecify.annotations.NullMarked;
