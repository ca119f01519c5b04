package dev.gyropilot.brain.placement.device;

import java.util.List;

/**
 * A device attribute: values of one type.
 *
 * @param values {@code Long}, {@code Boolean} or {@code String} objects, a version being its text
 * @param list whether it was written as a list; otherwise there is exactly one value
 */
public record AttributeValue(Type type, List<Object> values, boolean list) {
    /** The type of an attribute's values. */
    public enum Type {
        INT,
        BOOL,
        STRING,
        VERSION
    }

    public AttributeValue {
        values = List.copyOf(values);
    }

    public static AttributeValue of(long value) {
        return new AttributeValue(Type.INT, List.of(value), false);
    }

    public static AttributeValue of(boolean value) {
        return new AttributeValue(Type.BOOL, List.of(value), false);
    }

    public static AttributeValue of(String value) {
        return new AttributeValue(Type.STRING, List.of(value), false);
    }

    public static AttributeValue version(String value) {
        return new AttributeValue(Type.VERSION, List.of(value), false);
    }
}
