/** The Helm chart, rendered here as Helm renders it. */
@NullMarked
package dev.gyropilot.install.chart;

import org.jspecify.annotations.NullMarked;
