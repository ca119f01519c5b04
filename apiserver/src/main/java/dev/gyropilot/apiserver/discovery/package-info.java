/** What the server says about itself: groups, OpenAPI, version, health, metrics. */
@NullMarked
package dev.gyropilot.apiserver.discovery;

import org.jspecify.annotations.NullMarked;
