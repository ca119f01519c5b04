/** The user's story from outside: the launcher, kubectl, curl and the OpenAI clients against a running Gyropilot. */
@NullMarked
package dev.gyropilot.acceptance;

import org.jspecify.annotations.NullMarked;
