/** Runs pods to completion. */
@NullMarked
package dev.gyropilot.apiserver.controllers.job;

import org.jspecify.annotations.NullMarked;
