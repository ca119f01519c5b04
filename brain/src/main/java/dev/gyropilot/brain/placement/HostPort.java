package dev.gyropilot.brain.placement;

/** A port of the node that a pod occupies. */
public record HostPort(String ip, String protocol, int port) {
    private static final String ANY = "0.0.0.0";

    boolean conflicts(HostPort other) {
        return port == other.port
                && protocol.equals(other.protocol)
                && (ip.equals(other.ip) || ip.equals(ANY) || other.ip.equals(ANY));
    }
}
