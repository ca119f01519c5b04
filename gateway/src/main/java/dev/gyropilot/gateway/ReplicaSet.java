package dev.gyropilot.gateway;

import dev.gyropilot.brain.routing.Candidates;
import dev.gyropilot.gateway.catalog.Catalog;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The ready replicas of a service at one time, as the pick sees them. The set never changes; the loads it shows do. */
final class ReplicaSet implements Candidates {
    static final ReplicaSet EMPTY = new ReplicaSet(new ReplicaState[0]);

    private final ReplicaState[] replicas;

    private ReplicaSet(ReplicaState[] replicas) {
        this.replicas = replicas;
    }

    /** The set of these replicas; what is known of those that were there before is kept. */
    ReplicaSet with(List<Catalog.Replica> wanted) {
        Map<Catalog.Replica, ReplicaState> known = new HashMap<>();
        for (ReplicaState state : replicas) {
            known.put(state.replica(), state);
        }
        List<ReplicaState> states = new ArrayList<>();
        for (Catalog.Replica replica : wanted) {
            ReplicaState state = known.get(replica);
            states.add(state == null ? new ReplicaState(replica) : state);
        }
        return new ReplicaSet(states.toArray(ReplicaState[]::new));
    }

    boolean holdsExactly(List<Catalog.Replica> wanted) {
        if (wanted.size() != replicas.length) {
            return false;
        }
        for (int i = 0; i < replicas.length; i++) {
            if (!replicas[i].replica().equals(wanted.get(i))) {
                return false;
            }
        }
        return true;
    }

    ReplicaState get(int index) {
        return replicas[index];
    }

    BitSet indicesOf(List<ReplicaState> some) {
        BitSet indices = new BitSet(replicas.length);
        for (int i = 0; i < replicas.length; i++) {
            if (some.contains(replicas[i])) {
                indices.set(i);
            }
        }
        return indices;
    }

    @Override
    public int size() {
        return replicas.length;
    }

    @Override
    public int inFlight(int replica) {
        return replicas[replica].inFlight();
    }

    @Override
    public int running(int replica) {
        return replicas[replica].running();
    }

    @Override
    public int waiting(int replica) {
        return replicas[replica].waiting();
    }

    @Override
    public double kvCacheUse(int replica) {
        return replicas[replica].kvCacheUse();
    }

    @Override
    public long ejectedUntilMillis(int replica) {
        return replicas[replica].ejection().untilMillis();
    }
}
