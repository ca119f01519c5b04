/** Gives each namespace what every pod needs, and empties the namespaces that are deleted. */
@NullMarked
package dev.gyropilot.apiserver.controllers.namespace;

import org.jspecify.annotations.NullMarked;
