/** Objects as the tables that kubectl prints, and as metadata only. */
@NullMarked
package dev.gyropilot.apiserver.table;

import org.jspecify.annotations.NullMarked;
