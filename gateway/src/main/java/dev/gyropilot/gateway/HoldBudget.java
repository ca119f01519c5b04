package dev.gyropilot.gateway;

/** How many requests wait for replicas, over all services, and how large they are. */
final class HoldBudget {
    private final GatewayConfig.Hold limits;
    private int requests;
    private long bytes;

    HoldBudget(GatewayConfig.Hold limits) {
        this.limits = limits;
    }

    synchronized boolean take(long size) {
        if (requests >= limits.requests() || bytes + size > limits.bytes()) {
            return false;
        }
        requests++;
        bytes += size;
        return true;
    }

    synchronized void giveBack(long size) {
        requests--;
        bytes -= size;
    }

    synchronized int requests() {
        return requests;
    }

    synchronized long bytes() {
        return bytes;
    }
}
