package dev.gyropilot.cli;

import dev.gyropilot.node.pod.AddressRange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Parts of the address ranges for pods, held as long as this is open. Pods share the host's network, so those of two
 * installations on one machine must not have the same addresses: a part is held by a socket bound to its network address,
 * which no pod gets, and which the system frees even after a kill.
 */
final class PodRanges implements AutoCloseable {
    private static final int PORT = 61_259;
    private static final int BACKLOG = 1;

    private final List<ServerSocket> held = new ArrayList<>();
    private final List<AddressRange> routed = new ArrayList<>();

    /**
     * A part with that prefix that nobody else holds; the key says where to look first, so that an installation usually
     * gets the same part again. A part outside the loopback network is made an address range of this machine.
     */
    String hold(String range, int prefix, String key) {
        var whole = new AddressRange(range);
        int first = key.hashCode();
        for (int i = 0; i < whole.parts(prefix); i++) {
            AddressRange part = whole.part(prefix, first + i);
            if (!isLocal(part)) {
                makeLocal(part, range);
            }
            try {
                ServerSocket socket = new ServerSocket();
                held.add(socket);
                socket.bind(new InetSocketAddress(InetAddress.getByName(part.network()), PORT), BACKLOG);
                return part.toString();
            } catch (IOException e) {
                // Held by another installation, or no address of this machine: the node says the latter better.
            }
        }
        return whole.part(prefix, first).toString();
    }

    private static boolean isLocal(AddressRange part) {
        try (ServerSocket probe = new ServerSocket()) {
            InetAddress address = InetAddress.getByName(part.first());
            if (!address.isLoopbackAddress()) {
                probe.bind(new InetSocketAddress(address, 0), BACKLOG);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void makeLocal(AddressRange part, String range) {
        String said = route("add", part);
        if (!said.isEmpty()) {
            throw new CliError(
                    "the addresses " + part + " for pods cannot be used on this machine: " + said,
                    "A real control plane takes no loopback addresses: start as root, or prepare them once as root: "
                            + "ip route add local " + range + " dev lo");
        }
        routed.add(part);
    }

    /** Empty when it worked, else what the program said. */
    private static String route(String what, AddressRange part) {
        try {
            Process process = new ProcessBuilder("ip", "route", what, "local", part.toString(), "dev", "lo")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? "" : said;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    @Override
    public void close() throws IOException {
        for (ServerSocket socket : held) {
            socket.close();
        }
        routed.forEach(part -> route("del", part));
        routed.clear();
    }
}
