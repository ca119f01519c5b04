package dev.gyropilot.gateway;

import io.netty.channel.EventLoop;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;

/** What belongs to one event loop and is touched by its thread only: its connections, both ways, and scratch space. */
final class Loop {
    private final Gateway gateway;
    private final EventLoop eventLoop;
    private final UpstreamPool upstreams;
    private final Set<ClientConnection> clients = new LinkedHashSet<>();
    private final MessageDigest sha256;
    private long seed;

    Loop(Gateway gateway, EventLoop eventLoop, UpstreamPool upstreams, long seed) {
        this.gateway = gateway;
        this.eventLoop = eventLoop;
        this.upstreams = upstreams;
        this.seed = seed;
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("each Java platform has SHA-256", e);
        }
    }

    Gateway gateway() {
        return gateway;
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    UpstreamPool upstreams() {
        return upstreams;
    }

    Set<ClientConnection> clients() {
        return clients;
    }

    MessageDigest sha256() {
        return sha256;
    }

    /** The next seed of a pick. */
    long nextSeed() {
        seed += 0x9E3779B97F4A7C15L;
        return seed;
    }

    /** Looks for what took too long. */
    void sweep() {
        long now = System.nanoTime();
        for (ClientConnection client : new ArrayList<>(clients)) {
            client.sweep(now);
        }
        upstreams.sweep(now);
    }
}
