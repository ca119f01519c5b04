package dev.gyropilot.brain.routing;

import java.util.List;

/** The replicas as a value that never changes: for simulation, for replay of a logged pick, and for tests. */
public record Snapshot(List<EndpointLoad> endpoints) implements Candidates {
    public Snapshot {
        endpoints = List.copyOf(endpoints);
    }

    @Override
    public int size() {
        return endpoints.size();
    }

    @Override
    public int inFlight(int replica) {
        return endpoints.get(replica).inFlight();
    }

    @Override
    public int running(int replica) {
        return endpoints.get(replica).running();
    }

    @Override
    public int waiting(int replica) {
        return endpoints.get(replica).waiting();
    }

    @Override
    public double kvCacheUse(int replica) {
        return endpoints.get(replica).kvCacheUse();
    }

    @Override
    public long ejectedUntilMillis(int replica) {
        return endpoints.get(replica).ejection().untilMillis();
    }
}
