@NullMarked
package dev.gyropilot.cli;

import org.jspecify.annotations.NullMarked;
