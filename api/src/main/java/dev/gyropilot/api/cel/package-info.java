/** Kubernetes' expression language: CEL with the functions that its API server adds, bounded in work and time. */
@NullMarked
package dev.gyropilot.api.cel;

import org.jspecify.annotations.NullMarked;
