package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.engines.http.HttpServer;
import dev.gyropilot.engines.simulated.SimulatedConfig;
import dev.gyropilot.engines.simulated.SimulatedEngine;
import dev.gyropilot.node.simulate.SimulatedWorkload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/**
 * Runs the simulated engine of pods on simulated nodes within this process, each on its pod's address, so that hundreds of
 * replicas answer requests. Other pods there only pretend.
 */
final class SimulatedEngines implements SimulatedWorkload, AutoCloseable {
    private static final String COMMAND = "simulated";
    private static final String HOST = "--host=";
    private static final String PORT = "--port=";
    private static final int DEFAULT_PORT = 8000;
    private static final int LOOPS = 2;

    private final EventLoopGroup loops = HttpServer.newLoops(LOOPS, "simulated");

    @Override
    public Optional<AutoCloseable> start(Pod pod, String podIp) {
        Container container = pod.getSpec().getContainers().getFirst();
        List<String> arguments = container.getArgs();
        if (!container.getImage().startsWith(Names.ENGINES_IMAGE)
                || arguments.isEmpty()
                || !arguments.getFirst().equals(COMMAND)) {
            return Optional.empty();
        }
        int port = arguments.stream()
                .filter(a -> a.startsWith(PORT))
                .map(a -> Integer.parseInt(a.substring(PORT.length())))
                .findFirst()
                .orElse(DEFAULT_PORT);
        String[] flags = arguments.stream()
                .skip(1)
                .filter(a -> !a.startsWith(HOST) && !a.startsWith(PORT))
                .toArray(String[]::new);
        return Optional.of(SimulatedEngine.start(SimulatedConfig.of(flags), new InetSocketAddress(podIp, port), loops));
    }

    @Override
    public void close() {
        var _ = loops.shutdownGracefully();
    }
}
