package dev.gyropilot.engines.simulated;

import dev.gyropilot.engines.Arguments;
import dev.gyropilot.engines.ServerFlags;
import dev.gyropilot.engines.http.HttpServer;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code engines simulated}: one replica of the simulated engine, or several on consecutive ports. */
public final class SimulatedCommand {
    private static final Logger LOG = LoggerFactory.getLogger(SimulatedCommand.class);
    private static final int LOOPS = 2;

    private SimulatedCommand() {}

    /** Its flags. */
    public static Arguments.Spec spec() {
        Arguments.Spec spec = SimulatedConfig.declare(new Arguments.Spec(
                "simulated", "Speaks vLLM's API and metrics without a model: times by flags, text by a seed."));
        spec.flag("--replicas", "N", "1", "Replicas in this process, each on the next port");
        return ServerFlags.declareAddress(spec);
    }

    /** Runs until stopped; the exit code. */
    public static int run(Arguments arguments) throws InterruptedException {
        SimulatedConfig config = SimulatedConfig.from(arguments);
        InetSocketAddress first = ServerFlags.address(arguments);
        int replicas = arguments.integer("--replicas", 1, 10_000);
        EventLoopGroup loops = HttpServer.newLoops(Math.min(LOOPS, replicas), "simulated");
        List<SimulatedEngine> engines = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            int port = first.getPort() == 0 ? 0 : first.getPort() + i;
            InetSocketAddress address = new InetSocketAddress(first.getAddress(), port);
            engines.add(ServerFlags.orCannotListen(address, () -> SimulatedEngine.start(config, address, loops)));
            LOG.info(
                    "simulated engine {} listens on {}: no model runs here",
                    i,
                    engines.getLast().address());
        }
        return ServerFlags.serveUntilStopped(() -> drain(engines, arguments.duration("--drain")));
    }

    private static void drain(List<SimulatedEngine> engines, Duration grace) throws InterruptedException {
        List<Thread> drains = engines.stream()
                .map(engine -> Thread.ofVirtual().start(() -> {
                    try {
                        engine.drain(grace);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }))
                .toList();
        for (Thread drain : drains) {
            drain.join();
        }
    }
}
