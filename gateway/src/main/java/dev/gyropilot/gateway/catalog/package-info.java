/** What the gateway serves, as a value, and how it is read from a Kubernetes API. */
@NullMarked
package dev.gyropilot.gateway.catalog;

import org.jspecify.annotations.NullMarked;
