package dev.gyropilot.node.pod;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/**
 * The IPv4 addresses that a node gives to its pods, such as {@code 127.64.0.0/10}. The first address is never given;
 * addresses are given in turn, so that one that was given back rests a while.
 */
public final class AddressRange {
    private static final int SHORTEST_PREFIX = 8;
    private static final int LONGEST_PREFIX = 28;

    private final int base;
    private final int size;
    private final String text;
    private final Set<Integer> taken = new HashSet<>();
    private int next = 1;

    /** @throws IllegalArgumentException when the text is not an IPv4 range */
    public AddressRange(String text) {
        this.text = text;
        String[] parts = text.split("/", -1);
        if (parts.length != 2 || !parts[1].matches("[0-9]{1,2}") || !parts[0].matches("[0-9.]+")) {
            throw wrong();
        }
        int prefix = Integer.parseInt(parts[1]);
        if (prefix < SHORTEST_PREFIX || prefix > LONGEST_PREFIX) {
            throw wrong();
        }
        this.size = 1 << (32 - prefix);
        this.base = number(parts[0]) & -size;
    }

    /** One of the equal parts with that prefix into which this range falls; the index goes round. */
    public AddressRange part(int prefix, int index) {
        int partSize = size / parts(prefix);
        return new AddressRange(address(Math.floorMod(index, parts(prefix)) * partSize) + "/" + prefix);
    }

    /** How many parts with that prefix there are. */
    public int parts(int prefix) {
        int parts = size >> (32 - prefix);
        if (parts == 0) {
            throw new IllegalArgumentException("pod range " + text + " has no parts of /" + prefix);
        }
        return parts;
    }

    /** The address that no pod gets. */
    public String network() {
        return address(0);
    }

    /** A free address. */
    public synchronized String take() {
        for (int tried = 0; tried < size; tried++) {
            int offset = next;
            next = next + 1 >= size - 1 ? 1 : next + 1;
            if (taken.add(offset)) {
                return address(offset);
            }
        }
        throw new IllegalStateException("all addresses of the pod range " + text + " are in use; choose a wider range");
    }

    /** Marks an address as in use that a record names. */
    public synchronized void reserve(String address) {
        int offset = number(address) - base;
        if (offset > 0 && offset < size) {
            taken.add(offset);
            next = Math.max(next, offset + 1 >= size - 1 ? 1 : offset + 1);
        }
    }

    public synchronized void giveBack(String address) {
        taken.remove(number(address) - base);
    }

    /** The first address that a pod could get, to try whether it can be bound. */
    public String first() {
        return address(1);
    }

    @Override
    public String toString() {
        return text;
    }

    private String address(int offset) {
        int value = base + offset;
        byte[] bytes = ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
        try {
            return InetAddress.getByAddress(bytes).getHostAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }

    private int number(String address) {
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            return ByteBuffer.wrap(bytes).getInt();
        } catch (UnknownHostException e) {
            throw wrong();
        }
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException(
                "pod range \"" + text + "\" is not an IPv4 range of /8 to /28, such as 127.64.0.0/10");
    }
}
