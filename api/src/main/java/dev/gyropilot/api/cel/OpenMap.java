package dev.gyropilot.api.cel;

/** A map that has an answer for every key, for selections and {@code has()}, and yet knows which keys it holds. */
public interface OpenMap {
    /** Whether the operator {@code in} finds the key. */
    boolean holds(Object key);
}
