/** What every part of Gyropilot shares: names, conditions and quantities of the Kubernetes API. */
@NullMarked
package dev.gyropilot.api;

import org.jspecify.annotations.NullMarked;
