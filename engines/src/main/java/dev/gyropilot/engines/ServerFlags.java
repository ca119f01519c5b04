package dev.gyropilot.engines;

import dev.gyropilot.engines.EngineException.Code;
import dev.gyropilot.engines.http.CommonRoutes;
import dev.gyropilot.engines.http.HttpLimits;
import dev.gyropilot.engines.http.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Flags that all servers share, and the life of a server process: bind, serve, drain on SIGTERM. */
public final class ServerFlags {
    private static final Logger LOG = LoggerFactory.getLogger(ServerFlags.class);

    private ServerFlags() {}

    /** Declares where to listen and how to end. */
    public static Arguments.Spec declareAddress(Arguments.Spec spec) {
        return spec.flag("--host", "ADDRESS", "127.0.0.1", "Address to listen on")
                .flag("--port", "PORT", "8000", "Port to listen on; 0 takes a free one")
                .flag("--drain", "TIME", "25s", "Time that requests in flight get to end after SIGTERM");
    }

    /** Declares them all. */
    public static Arguments.Spec declare(Arguments.Spec spec) {
        return declareAddress(spec)
                .flag("--max-body-bytes", "BYTES", "8388608", "Largest request body; more is refused with 413");
    }

    /** Where to listen. */
    public static InetSocketAddress address(Arguments arguments) {
        String host = arguments.text("--host");
        try {
            return new InetSocketAddress(InetAddress.getByName(host), arguments.integer("--port", 0, 65535));
        } catch (UnknownHostException e) {
            throw new EngineException(
                    Code.USAGE, "--host is '" + host + "', which names no address; give one such as 127.0.0.1.", e);
        }
    }

    /** Starts a server, or says why the address cannot be had. */
    public static <T> T orCannotListen(InetSocketAddress address, Callable<T> start) {
        try {
            return start.call();
        } catch (Exception e) {
            // Netty throws the checked BindException without declaring it.
            String where = address.getAddress().getHostAddress() + ":" + address.getPort();
            throw new EngineException(
                    Code.SYSTEM,
                    "Cannot listen on " + where + ": " + e.getMessage()
                            + ". Another program may hold the port; stop it or give another --port.",
                    e);
        }
    }

    /** The limits that the flags ask for. */
    public static HttpLimits limits(Arguments arguments) {
        return HttpLimits.DEFAULT.withMaxBodyBytes(arguments.integer("--max-body-bytes", 1024, 1 << 30));
    }

    /** What ends a server. */
    public interface Ending {
        /** Lets requests in flight end and gives everything back. */
        void run() throws Exception;
    }

    /** Serves until SIGTERM or SIGINT, then ends; the exit code, as a shell counts it. */
    public static int serveUntilStopped(Ending ending) throws InterruptedException {
        int signal = new Termination().await();
        LOG.info("stopping");
        try {
            ending.run();
            LOG.info("stopped");
        } catch (Exception e) {
            LOG.warn("stopping failed", e);
        }
        return 128 + signal;
    }

    /** The usual ending: drain, then close. */
    public static Ending ending(HttpServer server, CommonRoutes common, Arguments arguments, AutoCloseable engine) {
        return () -> {
            common.enter(CommonRoutes.Phase.DRAINING);
            if (!server.drain(arguments.duration("--drain"))) {
                LOG.warn("requests that did not end in time were cut");
            }
            engine.close();
        };
    }
}
