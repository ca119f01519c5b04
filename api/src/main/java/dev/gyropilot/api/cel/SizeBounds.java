package dev.gyropilot.api.cel;

import java.util.List;
import java.util.OptionalLong;

/** How large the values that are reached through the variables of an expression can be. */
@FunctionalInterface
public interface SizeBounds {
    /**
     * The greatest number of characters, bytes or entries.
     *
     * @param path a variable, then field names, {@code @keys}, {@code @values}, {@code @items} or {@code @indices}
     * @return empty when nothing bounds it
     */
    OptionalLong greatest(List<String> path);
}
