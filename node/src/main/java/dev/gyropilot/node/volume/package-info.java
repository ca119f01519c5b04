/** Volumes as folders of a pod, and the paths under which its programs find them. */
@NullMarked
package dev.gyropilot.node.volume;

import org.jspecify.annotations.NullMarked;
