/** Kubernetes' protobuf request bodies to the canonical JSON tree. */
@NullMarked
package dev.gyropilot.apiserver.protobuf;

import org.jspecify.annotations.NullMarked;
