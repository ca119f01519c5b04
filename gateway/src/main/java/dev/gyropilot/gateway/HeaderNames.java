package dev.gyropilot.gateway;

import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** A fixed set of header names, asked without regard to case and without allocation. */
final class HeaderNames {
    private final @Nullable AsciiString[] table;
    private final int mask;

    HeaderNames(String... names) {
        int size = Integer.highestOneBit(names.length * 4);
        table = new AsciiString[size];
        mask = size - 1;
        for (String name : names) {
            int slot = AsciiString.hashCode(name) & mask;
            while (table[slot] != null) {
                slot = (slot + 1) & mask;
            }
            table[slot] = AsciiString.cached(name);
        }
    }

    boolean contains(CharSequence name) {
        int slot = AsciiString.hashCode(name) & mask;
        while (true) {
            AsciiString entry = table[slot];
            if (entry == null) {
                return false;
            }
            if (entry.contentEqualsIgnoreCase(name)) {
                return true;
            }
            slot = (slot + 1) & mask;
        }
    }
}
