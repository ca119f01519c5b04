package dev.gyropilot.api;

import org.jspecify.annotations.Nullable;

/** Reads IP addresses without ever asking a resolver. */
public final class IpText {
    private static final int V6_GROUPS = 8;

    private IpText() {}

    /**
     * The 4 or 16 bytes of an address; null for what is none.
     *
     * @param leadingZeros whether parts of an IPv4 address may begin with zeros
     */
    public static byte @Nullable [] parse(String text, boolean leadingZeros) {
        return text.indexOf(':') >= 0 ? v6(text, leadingZeros) : v4(text, leadingZeros);
    }

    private static byte @Nullable [] v4(String text, boolean leadingZeros) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return null;
        }
        byte[] address = new byte[4];
        for (int i = 0; i < 4; i++) {
            int value = number(parts[i], 10, 3);
            boolean padded = parts[i].length() > 1 && parts[i].charAt(0) == '0';
            if (value < 0 || value > 255 || (padded && !leadingZeros)) {
                return null;
            }
            address[i] = (byte) value;
        }
        return address;
    }

    private static byte @Nullable [] v6(String text, boolean leadingZeros) {
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return null;
        }
        byte[] head = groups(gap < 0 ? text : text.substring(0, gap), leadingZeros, gap < 0);
        byte[] tail = gap < 0 ? new byte[0] : groups(text.substring(gap + 2), leadingZeros, true);
        if (head == null || tail == null) {
            return null;
        }
        int length = head.length + tail.length;
        if (gap < 0 ? length != 2 * V6_GROUPS : length > 2 * (V6_GROUPS - 1)) {
            return null;
        }
        byte[] address = new byte[2 * V6_GROUPS];
        System.arraycopy(head, 0, address, 0, head.length);
        System.arraycopy(tail, 0, address, address.length - tail.length, tail.length);
        return address;
    }

    private static byte @Nullable [] groups(String text, boolean leadingZeros, boolean mayEndInV4) {
        if (text.isEmpty()) {
            return new byte[0];
        }
        String[] parts = text.split(":", -1);
        if (parts.length > V6_GROUPS) {
            return null;
        }
        boolean endsInV4 = mayEndInV4 && parts[parts.length - 1].indexOf('.') >= 0;
        int plain = endsInV4 ? parts.length - 1 : parts.length;
        byte[] bytes = new byte[2 * plain + (endsInV4 ? 4 : 0)];
        for (int i = 0; i < plain; i++) {
            int value = number(parts[i], 16, 4);
            if (value < 0) {
                return null;
            }
            bytes[2 * i] = (byte) (value >> 8);
            bytes[2 * i + 1] = (byte) value;
        }
        if (endsInV4) {
            byte[] last = v4(parts[plain], leadingZeros);
            if (last == null) {
                return null;
            }
            System.arraycopy(last, 0, bytes, 2 * plain, 4);
        }
        return bytes;
    }

    private static int number(String digits, int radix, int maxLength) {
        if (digits.isEmpty() || digits.length() > maxLength) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            int digit = c < 128 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value * radix + digit;
        }
        return value;
    }
}
