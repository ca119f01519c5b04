/** Which kinds are served: the built-in ones and those of the stored CRDs. */
@NullMarked
package dev.gyropilot.apiserver.registry;

import org.jspecify.annotations.NullMarked;
