package dev.gyropilot.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A real Kubernetes control plane without nodes, of its own folder and ports: etcd, API server, controller manager and scheduler.
 * With {@code GYROPILOT_WORLD=control-plane} every {@link Gyropilot} of the suite works on one in place of its embedded API.
 */
final class RealControlPlane implements AutoCloseable {
    private static final String WORLD = "control-plane";
    private static final String SCRIPT =
            Gyropilot.ROOT.resolve("acceptance/kubernetes/control-plane.sh").toString();
    private static final List<String> PORTS =
            List.of("ETCD_PORT", "PEER_PORT", "API_PORT", "KCM_PORT", "SCHED_PORT", "KWOK_PORT");
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Path folder;
    private final Map<String, String> environment;

    private RealControlPlane(Path folder, Map<String, String> environment) {
        this.folder = folder;
        this.environment = environment;
    }

    /** Whether the suite runs in that world. */
    static boolean isWorld() {
        return WORLD.equals(System.getenv("GYROPILOT_WORLD"));
    }

    /** Starts one in that folder; {@code more} are further variables of the script. */
    static RealControlPlane start(Path folder, Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        List<Integer> ports = freePorts(PORTS.size());
        for (int i = 0; i < PORTS.size(); i++) {
            environment.put(PORTS.get(i), Integer.toString(ports.get(i)));
        }
        var plane = new RealControlPlane(folder, environment);
        // A test run that is stopped leaves no control plane behind.
        Runtime.getRuntime().addShutdownHook(new Thread(plane::close));
        plane.script("up").succeeded();
        return plane;
    }

    Path kubeconfig() {
        return folder.resolve("kubeconfig");
    }

    Command.Result kubectl(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of("kubectl", "--kubeconfig", kubeconfig().toString()));
        command.addAll(List.of(arguments));
        return Command.run(Map.of(), command);
    }

    private Command.Result script(String what) {
        return Command.run(environment, List.of("bash", SCRIPT, what, folder.toString()), "", LIMIT);
    }

    private static List<Integer> freePorts(int count) {
        List<ServerSocket> sockets = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                sockets.add(socket);
                ports.add(socket.getLocalPort());
            }
            for (ServerSocket socket : sockets) {
                socket.close();
            }
            return ports;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        script("down");
    }
}
