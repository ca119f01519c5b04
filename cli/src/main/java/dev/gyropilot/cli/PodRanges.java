package dev.gyropilot.cli;

import dev.gyropilot.node.pod.AddressRange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
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

    /**
     * A part with that prefix that nobody else holds; the key says where to look first, so that an installation usually
     * gets the same part again.
     */
    String hold(String range, int prefix, String key) {
        var whole = new AddressRange(range);
        int first = key.hashCode();
        for (int i = 0; i < whole.parts(prefix); i++) {
            AddressRange part = whole.part(prefix, first + i);
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

    @Override
    public void close() throws IOException {
        for (ServerSocket socket : held) {
            socket.close();
        }
    }
}
