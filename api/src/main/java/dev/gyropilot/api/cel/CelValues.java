package dev.gyropilot.api.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The values of the types that Kubernetes adds to CEL. */
public final class CelValues {
    static final CelType QUANTITY = OpaqueType.create("kubernetes.Quantity");
    static final CelType URL = OpaqueType.create("kubernetes.URL");
    static final CelType IP = OpaqueType.create("net.IP");
    static final CelType CIDR = OpaqueType.create("net.CIDR");
    static final CelType FORMAT = OpaqueType.create("kubernetes.NamedFormat");
    static final CelType SEMVER = OpaqueType.create("kubernetes.Semver");

    private CelValues() {}

    /** The type of quantities, for variables that hold them. */
    public static CelType quantityType() {
        return QUANTITY;
    }

    /** A quantity as expressions see it. */
    public static Object quantity(BigDecimal amount) {
        return new Quantity(amount);
    }

    /**
     * A semantic version as expressions see it.
     *
     * @throws IllegalArgumentException when the text is none
     */
    public static Object version(String text) {
        return SemverFunctions.semver(text, false);
    }

    /** Whether a value is of one of these types; they compare in constant time. */
    static boolean isOwnType(Object value) {
        return switch (value) {
            case Quantity q -> true;
            case Url url -> true;
            case Ip ip -> true;
            case Cidr cidr -> true;
            case Format format -> true;
            case Semver semver -> true;
            default -> false;
        };
    }

    /** Whether values of this type compare at a cost that is known beforehand. */
    static boolean isConstantTime(CelType type) {
        return type.equals(QUANTITY) || type.equals(SEMVER) || type.equals(IP) || type.equals(CIDR);
    }

    static Class<?> classOf(String type) {
        return switch (type) {
            case "kubernetes.Quantity" -> Quantity.class;
            case "kubernetes.URL" -> Url.class;
            case "net.IP" -> Ip.class;
            case "net.CIDR" -> Cidr.class;
            case "kubernetes.NamedFormat" -> Format.class;
            case "kubernetes.Semver" -> Semver.class;
            default -> Object.class;
        };
    }

    /** Equal by amount: 1k and 1000 are the same. */
    record Quantity(BigDecimal amount) implements Comparable<Quantity> {
        @Override
        public int compareTo(Quantity other) {
            return amount.compareTo(other.amount);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Quantity quantity && compareTo(quantity) == 0;
        }

        @Override
        public int hashCode() {
            return amount.stripTrailingZeros().hashCode();
        }
    }

    record Url(URI uri) {}

    /** An address of 4 or 16 bytes, which nobody changes. */
    static final class Ip {
        private final byte[] bytes;

        Ip(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }

        boolean v4() {
            return bytes.length == 4;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Ip ip && Arrays.equals(bytes, ip.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    record Cidr(Ip ip, int bits) {}

    record Format(String name) {}

    /** @param prerelease identifiers, numeric ones as numbers in text */
    record Semver(BigInteger major, BigInteger minor, BigInteger patch, List<String> prerelease)
            implements Comparable<Semver> {
        @Override
        public int compareTo(Semver other) {
            int order = major.compareTo(other.major);
            order = order != 0 ? order : minor.compareTo(other.minor);
            order = order != 0 ? order : patch.compareTo(other.patch);
            if (order != 0) {
                return order;
            }
            if (prerelease.isEmpty() || other.prerelease.isEmpty()) {
                return Boolean.compare(prerelease.isEmpty(), other.prerelease.isEmpty());
            }
            for (int i = 0; i < prerelease.size() && i < other.prerelease.size(); i++) {
                int part = comparePart(prerelease.get(i), other.prerelease.get(i));
                if (part != 0) {
                    return part;
                }
            }
            return Integer.compare(prerelease.size(), other.prerelease.size());
        }

        private static int comparePart(String a, String b) {
            boolean aNumber = a.chars().allMatch(c -> c >= '0' && c <= '9');
            boolean bNumber = b.chars().allMatch(c -> c >= '0' && c <= '9');
            if (aNumber && bNumber) {
                return new BigInteger(a).compareTo(new BigInteger(b));
            }
            return aNumber != bNumber ? Boolean.compare(bNumber, aNumber) : a.compareTo(b);
        }
    }
}
