/** Model servers of our own that run as pods, and the fetcher that brings their models. */
@NullMarked
package dev.gyropilot.engines;

import org.jspecify.annotations.NullMarked;
