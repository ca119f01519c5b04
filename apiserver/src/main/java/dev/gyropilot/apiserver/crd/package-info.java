/** Custom resource definitions: their validation, the kinds they define, and the OpenAPI document of these. */
@NullMarked
package dev.gyropilot.apiserver.crd;

import org.jspecify.annotations.NullMarked;
