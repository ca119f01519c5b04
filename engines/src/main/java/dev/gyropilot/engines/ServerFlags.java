package dev.gyropilot.engines;

import dev.gyropilot.engines.EngineException.Code;
import dev.gyropilot.engines.http.CommonRoutes;
import dev.gyropilot.engines.http.HttpLimits;
import dev.gyropilot.engines.http.HttpServer;
import dev.gyropilot.engines.http.Router;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Flags that all servers share, and the life of a server process: bind, serve, drain on SIGTERM. */
public final class ServerFlags {
    private static final Logger LOG = LoggerFactory.getLogger(ServerFlags.class);

    private ServerFlags() {}

    /** Declares them. */
    public static Arguments.Spec declare(Arguments.Spec spec) {
        return spec.flag("--host", "ADDRESS", "127.0.0.1", "Address to listen on")
                .flag("--port", "PORT", "8000", "Port to listen on; 0 takes a free one")
                .flag("--max-body-bytes", "BYTES", "8388608", "Largest request body; more is refused with 413")
                .flag("--drain", "TIME", "25s", "Time that requests in flight get to end after SIGTERM");
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

    /** Binds, or says why not. */
    public static HttpServer listen(InetSocketAddress address, EventLoopGroup loops, HttpLimits limits, Router router) {
        try {
            return HttpServer.start(address, loops, limits, router);
        } catch (RuntimeException e) {
            throw cannotListen(address, e);
        } catch (Exception e) {
            // Netty throws the checked BindException without declaring it.
            throw cannotListen(address, e);
        }
    }

    private static EngineException cannotListen(InetSocketAddress address, Exception cause) {
        String where = address.getAddress().getHostAddress() + ":" + address.getPort();
        return new EngineException(
                Code.SYSTEM,
                "Cannot listen on " + where + ": " + cause.getMessage()
                        + ". Another program may hold the port; stop it or give another --port.",
                cause);
    }

    /** The limits that the flags ask for. */
    public static HttpLimits limits(Arguments arguments) {
        return HttpLimits.DEFAULT.withMaxBodyBytes(arguments.integer("--max-body-bytes", 1024, 1 << 30));
    }

    /** Serves until SIGTERM or SIGINT, then lets requests in flight end, and runs the closer. Does not return before. */
    public static void serveUntilStopped(HttpServer server, CommonRoutes common, Duration drain, AutoCloseable closer) {
        CountDownLatch never = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            common.enter(CommonRoutes.Phase.DRAINING);
            LOG.info("stopping: {} requests in flight get {} s to end", server.inFlight(), drain.toSeconds());
            try {
                boolean clean = server.drain(drain);
                closer.close();
                LOG.info(clean ? "stopped" : "stopped; requests that did not end in time were cut");
            } catch (Exception e) {
                LOG.warn("stopping failed", e);
            }
        }));
        try {
            never.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
