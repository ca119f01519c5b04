/** What the parts of the server share about served kinds: types, strategies, errors. */
@NullMarked
package dev.gyropilot.apiserver.resource;

import org.jspecify.annotations.NullMarked;
