/** Usage history in SQL: one schema on an embedded file and on PostgreSQL, written behind the requests' back. */
@NullMarked
package dev.gyropilot.ledger;

import org.jspecify.annotations.NullMarked;
