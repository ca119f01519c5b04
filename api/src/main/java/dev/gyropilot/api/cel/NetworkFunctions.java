package dev.gyropilot.api.cel;

import static dev.gyropilot.api.cel.CelValues.CIDR;
import static dev.gyropilot.api.cel.CelValues.IP;
import static dev.gyropilot.api.cel.Functions.BOOL;
import static dev.gyropilot.api.cel.Functions.INT;
import static dev.gyropilot.api.cel.Functions.STRING;

import dev.gyropilot.api.IpText;
import dev.gyropilot.api.cel.CelValues.Cidr;
import dev.gyropilot.api.cel.CelValues.Ip;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** IP addresses and networks. */
final class NetworkFunctions {
    private static final int V6_GROUPS = 8;

    private NetworkFunctions() {}

    static void addTo(Functions functions) {
        functions.global("isIP", BOOL, List.of(STRING), args -> parseIp((String) args[0]) != null);
        functions.global("ip", IP, List.of(STRING), args -> ip((String) args[0]));
        functions.global(
                "ip.isCanonical",
                BOOL,
                List.of(STRING),
                args -> text(ip((String) args[0])).equals(args[0]));
        functions.global("string", STRING, List.of(IP), args -> text((Ip) args[0]));
        functions.member("family", INT, List.of(IP), args -> ((Ip) args[0]).v4() ? 4L : 6L);
        functions.member(
                "isUnspecified", BOOL, List.of(IP), args -> all((Ip) args[0], 0, ((Ip) args[0]).bytes().length));
        functions.member("isLoopback", BOOL, List.of(IP), args -> loopback((Ip) args[0]));
        functions.member("isLinkLocalMulticast", BOOL, List.of(IP), args -> linkLocalMulticast((Ip) args[0]));
        functions.member("isLinkLocalUnicast", BOOL, List.of(IP), args -> linkLocalUnicast((Ip) args[0]));
        functions.member("isGlobalUnicast", BOOL, List.of(IP), args -> globalUnicast((Ip) args[0]));
        functions.global("isCIDR", BOOL, List.of(STRING), args -> parseCidr((String) args[0]) != null);
        functions.global("cidr", CIDR, List.of(STRING), args -> cidr((String) args[0]));
        functions.global(
                "string", STRING, List.of(CIDR), args -> text(((Cidr) args[0]).ip()) + "/" + ((Cidr) args[0]).bits());
        functions.member(
                "containsIP", BOOL, List.of(CIDR, STRING), args -> contains((Cidr) args[0], ip((String) args[1])));
        functions.member("containsIP", BOOL, List.of(CIDR, IP), args -> contains((Cidr) args[0], (Ip) args[1]));
        functions.member(
                "containsCIDR", BOOL, List.of(CIDR, STRING), args -> contains((Cidr) args[0], cidr((String) args[1])));
        functions.member("containsCIDR", BOOL, List.of(CIDR, CIDR), args -> contains((Cidr) args[0], (Cidr) args[1]));
        functions.member("ip", IP, List.of(CIDR), args -> ((Cidr) args[0]).ip());
        functions.member("masked", CIDR, List.of(CIDR), args -> masked((Cidr) args[0]));
        functions.member("prefixLength", INT, List.of(CIDR), args -> (long) ((Cidr) args[0]).bits());
    }

    private static @Nullable Ip parseIp(String text) {
        byte[] bytes = IpText.parse(text, false);
        boolean mapped = bytes != null && bytes.length == 16 && text.contains(".");
        return bytes == null || mapped ? null : new Ip(bytes);
    }

    private static Ip ip(String text) {
        Ip ip = parseIp(text);
        if (ip == null) {
            throw new IllegalArgumentException(
                    "IP Address \"" + text + "\" parse error during conversion from string: not an IP address");
        }
        return ip;
    }

    private static @Nullable Cidr parseCidr(String text) {
        int slash = text.indexOf('/');
        Ip ip = slash < 0 ? null : parseIp(text.substring(0, slash));
        String bits = text.substring(slash + 1);
        if (ip == null || bits.isEmpty() || bits.length() > 3 || !bits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        int length = Integer.parseInt(bits);
        boolean padded = bits.length() > 1 && bits.startsWith("0");
        return padded || length > ip.bytes().length * 8 ? null : new Cidr(ip, length);
    }

    private static Cidr cidr(String text) {
        Cidr cidr = parseCidr(text);
        if (cidr == null) {
            throw new IllegalArgumentException(
                    "CIDR \"" + text + "\" parse error during conversion from string: not a network address");
        }
        return cidr;
    }

    private static boolean all(Ip ip, int from, int to) {
        for (int i = from; i < to; i++) {
            if (ip.bytes()[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static int at(Ip ip, int index) {
        return ip.bytes()[index] & 0xff;
    }

    private static boolean loopback(Ip ip) {
        return ip.v4() ? at(ip, 0) == 127 : all(ip, 0, 15) && at(ip, 15) == 1;
    }

    private static boolean linkLocalMulticast(Ip ip) {
        return ip.v4()
                ? at(ip, 0) == 224 && at(ip, 1) == 0 && at(ip, 2) == 0
                : at(ip, 0) == 0xff && (at(ip, 1) & 0x0f) == 0x02;
    }

    private static boolean linkLocalUnicast(Ip ip) {
        return ip.v4() ? at(ip, 0) == 169 && at(ip, 1) == 254 : at(ip, 0) == 0xfe && (at(ip, 1) & 0xc0) == 0x80;
    }

    private static boolean globalUnicast(Ip ip) {
        boolean broadcast = ip.v4() && at(ip, 0) == 255 && at(ip, 1) == 255 && at(ip, 2) == 255 && at(ip, 3) == 255;
        boolean multicast = ip.v4() ? (at(ip, 0) & 0xf0) == 0xe0 : at(ip, 0) == 0xff;
        return !broadcast && !multicast && !loopback(ip) && !linkLocalUnicast(ip) && !all(ip, 0, ip.bytes().length);
    }

    private static Cidr masked(Cidr cidr) {
        byte[] bytes = cidr.ip().bytes().clone();
        for (int i = 0; i < bytes.length; i++) {
            int kept = Math.clamp(cidr.bits() - 8L * i, 0, 8);
            bytes[i] = (byte) (bytes[i] & (0xff << (8 - kept)));
        }
        return new Cidr(new Ip(bytes), cidr.bits());
    }

    private static boolean contains(Cidr cidr, Ip ip) {
        return ip.v4() == cidr.ip().v4()
                && masked(new Cidr(ip, cidr.bits())).ip().equals(masked(cidr).ip());
    }

    private static boolean contains(Cidr outer, Cidr inner) {
        return inner.bits() >= outer.bits() && contains(outer, inner.ip());
    }

    /** The canonical text: in IPv6, the longest run of zero groups shortened. */
    static String text(Ip ip) {
        if (ip.v4()) {
            return at(ip, 0) + "." + at(ip, 1) + "." + at(ip, 2) + "." + at(ip, 3);
        }
        int bestStart = -1;
        int bestLength = 1;
        int start = 0;
        for (int i = 0; i <= V6_GROUPS; i++) {
            boolean zero = i < V6_GROUPS && group(ip, i) == 0;
            if (!zero) {
                if (i - start > bestLength) {
                    bestStart = start;
                    bestLength = i - start;
                }
                start = i + 1;
            }
        }
        List<String> head = new ArrayList<>();
        List<String> tail = new ArrayList<>();
        for (int i = 0; i < V6_GROUPS; i++) {
            boolean after = bestStart >= 0 && i >= bestStart + bestLength;
            if (bestStart < 0 || i < bestStart) {
                head.add(Integer.toHexString(group(ip, i)));
            } else if (after) {
                tail.add(Integer.toHexString(group(ip, i)));
            }
        }
        String first = String.join(":", head);
        return bestStart < 0 ? first : first + "::" + String.join(":", tail);
    }

    private static int group(Ip ip, int index) {
        return at(ip, 2 * index) << 8 | at(ip, 2 * index + 1);
    }
}
