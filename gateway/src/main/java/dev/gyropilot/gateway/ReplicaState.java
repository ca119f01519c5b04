package dev.gyropilot.gateway;

import dev.gyropilot.brain.routing.Ejection;
import dev.gyropilot.gateway.catalog.Catalog;
import io.netty.util.AsciiString;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What the gateway knows of one replica. Used by all event loops. */
final class ReplicaState {
    private final Catalog.Replica replica;
    private final InetSocketAddress address;
    private final AsciiString authority;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile int running;
    private volatile int waiting;
    private volatile double kvCacheUse;
    private volatile Ejection ejection = Ejection.NONE;

    ReplicaState(Catalog.Replica replica) {
        this.replica = replica;
        this.address = new InetSocketAddress(literal(replica.host()), replica.port());
        this.authority = AsciiString.of(authority(replica.host(), replica.port()));
    }

    /** Only addresses are taken, never names: what the gateway calls is what the slices say. */
    private static InetAddress literal(String host) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
        if (bytes == null) {
            throw new IllegalArgumentException("the endpoint address \"" + host + "\" is no IP address");
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("the endpoint address \"" + host + "\" is no IP address", e);
        }
    }

    Catalog.Replica replica() {
        return replica;
    }

    InetSocketAddress address() {
        return address;
    }

    AsciiString authority() {
        return authority;
    }

    /** The same with another port; null for the one that serves. */
    String authority(@Nullable Integer port) {
        return authority(replica.host(), port == null ? replica.port() : port);
    }

    private static String authority(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    int inFlight() {
        return inFlight.get();
    }

    void began() {
        inFlight.incrementAndGet();
    }

    void ended() {
        inFlight.decrementAndGet();
    }

    int running() {
        return running;
    }

    int waiting() {
        return waiting;
    }

    double kvCacheUse() {
        return kvCacheUse;
    }

    void reported(int nowRunning, int nowWaiting, double nowKvCacheUse) {
        running = nowRunning;
        waiting = nowWaiting;
        kvCacheUse = nowKvCacheUse;
    }

    /** True if nobody else asks it for its load at the moment; to be followed by {@link #endAsking}. */
    boolean beginAsking() {
        return asking.compareAndSet(false, true);
    }

    void endAsking() {
        asking.set(false);
    }

    Ejection ejection() {
        return ejection;
    }

    /** True if it was in good standing until now. */
    synchronized boolean failed(long nowMillis) {
        Ejection before = ejection;
        ejection = before.failed(nowMillis);
        return before.failures() == 0;
    }

    /** True if it was not in good standing until now. */
    boolean succeeded() {
        if (ejection.failures() == 0) {
            return false;
        }
        ejection = Ejection.NONE;
        return true;
    }
}
