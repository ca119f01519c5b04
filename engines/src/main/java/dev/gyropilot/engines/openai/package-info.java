/** OpenAI's requests and answers, as the engines share them. */
@NullMarked
package dev.gyropilot.engines.openai;

import org.jspecify.annotations.NullMarked;
