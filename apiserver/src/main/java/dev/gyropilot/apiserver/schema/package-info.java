/** Structural schemas: of built-in kinds from OpenAPI, of custom ones from their CRD; validation, pruning, defaulting. */
@NullMarked
package dev.gyropilot.apiserver.schema;

import org.jspecify.annotations.NullMarked;
