/** TLS between the parts of an installation. */
@NullMarked
package dev.gyropilot.api.tls;

import org.jspecify.annotations.NullMarked;
