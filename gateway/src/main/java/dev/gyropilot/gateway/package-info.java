/** The OpenAI-compatible data plane: authenticates, resolves, picks, holds, streams, retries and meters. */
@NullMarked
package dev.gyropilot.gateway;

import org.jspecify.annotations.NullMarked;
