/** Rolls a Deployment's template out over ReplicaSets. */
@NullMarked
package dev.gyropilot.apiserver.controllers.deployment;

import org.jspecify.annotations.NullMarked;
