@NullMarked
package dev.gyropilot.operator.serving;

import org.jspecify.annotations.NullMarked;
