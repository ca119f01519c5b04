package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;

/** Compares trees so that 5 read as an int equals 5 set as a long. */
final class NumbersByValue implements Comparator<JsonNode> {
    static final NumbersByValue INSTANCE = new NumbersByValue();

    @Override
    public int compare(JsonNode a, JsonNode b) {
        if (a.equals(b)) {
            return 0;
        }
        boolean numbers = a.isNumber() && b.isNumber();
        return numbers && a.decimalValue().compareTo(b.decimalValue()) == 0 ? 0 : 1;
    }

    private NumbersByValue() {}
}
