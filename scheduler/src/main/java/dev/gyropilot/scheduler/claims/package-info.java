/** Claims made from templates and released when their pods end, for an API that has no controller of its own for that. */
@NullMarked
package dev.gyropilot.scheduler.claims;

import org.jspecify.annotations.NullMarked;
