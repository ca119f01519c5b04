/** Checks and changes between validation of a request and its storage. */
@NullMarked
package dev.gyropilot.apiserver.admission;

import org.jspecify.annotations.NullMarked;
