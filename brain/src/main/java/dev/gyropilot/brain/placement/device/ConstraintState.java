package dev.gyropilot.brain.placement.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What one constraint of a claim has seen of the devices picked so far; every accepted device can be taken back. */
sealed interface ConstraintState {
    /** Whether the device may join; if so, it has. */
    boolean add(NodePool.PoolDevice device);

    /** Takes back the newest device that joined. */
    void undo();

    /** Equal for states that accept and refuse the same from here on. */
    Object essence();

    static ConstraintState of(Claim.Constraint constraint, Features features) {
        return switch (constraint) {
            case Claim.Constraint.Match match -> new Match(match.attribute(), features);
            case Claim.Constraint.Distinct distinct -> new Distinct(distinct.attribute(), features);
            case Claim.Constraint.Unknown ignored ->
                throw new IllegalArgumentException("a constraint of unknown kind cannot be judged");
        };
    }

    /** Whether a constraint is about this request. {@code subrequest} is empty for a request without alternatives. */
    static boolean concerns(Claim.Constraint constraint, String request, String subrequest) {
        List<String> named = constraint.requests();
        return named.isEmpty()
                || named.contains(request)
                || (!subrequest.isEmpty() && named.contains(request + "/" + subrequest));
    }

    /** An attribute's type and values, as one comparable set; empty when the device lacks it. */
    private static Optional<Set<Object>> valuesOf(NodePool.PoolDevice device, String attribute) {
        return device.device.attribute(attribute, device.id.pool().driver()).map(value -> {
            var typed = new HashSet<Object>();
            value.values().forEach(v -> typed.add(List.of(value.type(), v)));
            return typed;
        });
    }

    /** Whether the attribute is a list, which without the feature cannot be compared with anything. */
    private static boolean incomparable(NodePool.PoolDevice device, String attribute, Features features) {
        return !features.listTypeAttributes()
                && device.device
                        .attribute(attribute, device.id.pool().driver())
                        .filter(AttributeValue::list)
                        .isPresent();
    }

    /** The values that count for the constraint; empty when the device lacks the attribute. */
    Optional<Set<Object>> values(NodePool.PoolDevice device);

    /** All that the constraint sees of a device. */
    Object view(NodePool.PoolDevice device);

    /** Whether the device could join now. */
    default boolean mayAdd(NodePool.PoolDevice device) {
        boolean added = add(device);
        if (added) {
            undo();
        }
        return added;
    }

    /** The values common to all devices so far, newest on top. */
    final class Match implements ConstraintState {
        private final String attribute;
        private final Features features;
        private final Deque<Set<Object>> common = new ArrayDeque<>();

        Match(String attribute, Features features) {
            this.attribute = attribute;
            this.features = features;
        }

        @Override
        public boolean add(NodePool.PoolDevice device) {
            Optional<Set<Object>> own = values(device);
            if (own.isEmpty()) {
                return false;
            }
            if (incomparable(device, attribute, features)) {
                // Alone it fits; nothing can join it.
                return common.isEmpty() && common.offerFirst(Set.of());
            }
            var next = new HashSet<>(own.get());
            if (!common.isEmpty()) {
                next.retainAll(common.getFirst());
            }
            return !next.isEmpty() && common.offerFirst(next);
        }

        @Override
        public void undo() {
            common.removeFirst();
        }

        @Override
        public Object essence() {
            return common.isEmpty() ? "" : common.getFirst();
        }

        @Override
        public Optional<Set<Object>> values(NodePool.PoolDevice device) {
            return ConstraintState.valuesOf(device, attribute);
        }

        @Override
        public Object view(NodePool.PoolDevice device) {
            return List.of(values(device), incomparable(device, attribute, features));
        }

        /** Whether no device has joined yet. */
        boolean isOpen() {
            return common.isEmpty();
        }
    }

    /** The values of each device so far. */
    final class Distinct implements ConstraintState {
        private final String attribute;
        private final Features features;
        private final List<Set<Object>> seen = new ArrayList<>();

        Distinct(String attribute, Features features) {
            this.attribute = attribute;
            this.features = features;
        }

        @Override
        public boolean add(NodePool.PoolDevice device) {
            Optional<Set<Object>> own = values(device);
            if (own.isEmpty()) {
                return false;
            }
            if (seen.isEmpty()) {
                return seen.add(own.get());
            }
            if (own.get().isEmpty() || incomparable(device, attribute, features)) {
                return false;
            }
            for (Set<Object> other : seen) {
                if (!Collections.disjoint(other, own.get())) {
                    return false;
                }
            }
            return seen.add(own.get());
        }

        @Override
        public void undo() {
            seen.removeLast();
        }

        @Override
        public Object essence() {
            return Set.copyOf(seen);
        }

        @Override
        public Optional<Set<Object>> values(NodePool.PoolDevice device) {
            return ConstraintState.valuesOf(device, attribute);
        }

        @Override
        public Object view(NodePool.PoolDevice device) {
            return List.of(values(device), incomparable(device, attribute, features));
        }
    }
}
