/** Who owns which field: server-side apply and the bookkeeping of managed fields. */
@NullMarked
package dev.gyropilot.apiserver.fields;

import org.jspecify.annotations.NullMarked;
