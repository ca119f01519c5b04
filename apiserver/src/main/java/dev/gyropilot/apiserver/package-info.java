/** The embedded Kubernetes API server: its configuration and its life. */
@NullMarked
package dev.gyropilot.apiserver;

import org.jspecify.annotations.NullMarked;
