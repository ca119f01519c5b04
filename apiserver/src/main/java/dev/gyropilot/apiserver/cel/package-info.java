/** Validation rules of custom resources: the expressions of a schema, bound to its values. */
@NullMarked
package dev.gyropilot.apiserver.cel;

import org.jspecify.annotations.NullMarked;
