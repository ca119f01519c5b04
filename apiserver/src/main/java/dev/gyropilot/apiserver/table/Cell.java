package dev.gyropilot.apiserver.table;

/** What stands in one column of a row: a {@code String}, {@code Long} or {@code Boolean}. */
@FunctionalInterface
interface Cell {
    Object of(Row row);
}
