/** Runs pods with stable names, one after the other. */
@NullMarked
package dev.gyropilot.apiserver.controllers.statefulset;

import org.jspecify.annotations.NullMarked;
