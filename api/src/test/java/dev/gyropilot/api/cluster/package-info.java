@NullMarked
package dev.gyropilot.api.cluster;

import org.jspecify.annotations.NullMarked;
