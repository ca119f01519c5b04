/** The way to the API server for the parts of its own process: the same requests without network and TLS. */
@NullMarked
package dev.gyropilot.apiserver.inprocess;

import org.jspecify.annotations.NullMarked;
