@NullMarked
package dev.gyropilot.apiserver.inprocess;

import org.jspecify.annotations.NullMarked;
