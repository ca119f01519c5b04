/** Keeps the number of pods that a ReplicaSet asks for. */
@NullMarked
package dev.gyropilot.apiserver.controllers.replicaset;

import org.jspecify.annotations.NullMarked;
