/** Text generation by llama.cpp: its own server when there is one, else its Java binding. */
@NullMarked
package dev.gyropilot.engines.llama;

import org.jspecify.annotations.NullMarked;
