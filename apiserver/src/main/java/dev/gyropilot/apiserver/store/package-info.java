/** Durable objects: one SQLite file, one writer, everything in memory for reads and watches. */
@NullMarked
package dev.gyropilot.apiserver.store;

import org.jspecify.annotations.NullMarked;
