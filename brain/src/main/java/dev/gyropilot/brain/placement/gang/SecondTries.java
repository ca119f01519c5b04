package dev.gyropilot.brain.placement.gang;

import dev.gyropilot.brain.placement.Pod;
import dev.gyropilot.brain.placement.Snapshot;
import dev.gyropilot.brain.placement.device.Claim;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is tried with pods that found no places one after another, each with the best for itself alone. Three things are undone
 * in turn: the order, in that the pods for which nothing was left go first; the choice of devices, in that those are taken that
 * cost others least; and the preference for the first of several alternatives, for as few pods as will do. No choice is made
 * that a pod of its own could not have got.
 */
final class SecondTries {
    /** For larger groups only the choices are tried that are likeliest to help: each trial takes their size in time. */
    private static final int SMALL = 32;

    private final List<Pod> pods;
    private final Snapshot snapshot;
    private final Function<Trial, Tried> attempts;

    /** What came of a trial: the places, or which pod found none and how many had before. */
    record Tried(GangVerdict verdict, @Nullable Pod failed, int placed) {
        /** No more may be tried. */
        static Tried nothing(GangVerdict refusal) {
            return new Tried(refusal, null, 0);
        }

        boolean isPlaced() {
            return verdict instanceof GangVerdict.Placed;
        }
    }

    /** @param attempts carries out a trial */
    SecondTries(Snapshot snapshot, List<Pod> pods, Function<Trial, Tried> attempts) {
        this.snapshot = snapshot;
        this.pods = pods;
        this.attempts = attempts;
    }

    /** The places, if another try finds them. */
    Optional<GangVerdict> after(Tried first) {
        if (!promises(first)) {
            return Optional.empty();
        }
        Trial trial = Trial.plain(pods);
        Tried last = first;
        if (isShared(last.failed)) {
            trial = trial.keepingTogether();
            last = attempts.apply(trial);
        }
        var moved = new HashSet<Object>();
        while (promises(last) && moved.add(kind(last.failed))) {
            List<Pod> order = inFront(trial.order(), kind(last.failed));
            if (!order.equals(trial.order())) {
                trial = trial.inOrder(order);
                last = attempts.apply(trial);
            }
        }
        if (promises(last)
                && snapshot.devices().hasPartitions()
                && pods.stream().anyMatch(this::isToAllocate)) {
            last = attempts.apply(trial.reducing(0, 0));
        }
        return last.isPlaced() ? Optional.of(last.verdict()) : withFewerAlternatives(trial, last);
    }

    /** Whether another order or choice may help: not where the first pod finds nothing although nothing is taken yet. */
    private static boolean promises(Tried tried) {
        return tried.failed != null && tried.placed > 0;
    }

    private Optional<GangVerdict> withFewerAlternatives(Trial trial, Tried failed) {
        int most = pods.stream().mapToInt(this::alternatives).max().orElse(1);
        int all = (int) trial.order().stream().filter(this::hasAlternatives).count();
        Tried last = failed;
        for (int dropped = 1; dropped < most && promises(last); dropped++) {
            int tooFew = 0;
            int enough = all;
            last = attempts.apply(trial.reducing(all, dropped));
            if (!last.isPlaced()) {
                // Where not even all together do it, fewer still may: what they leave is not what the others need.
                enough = 0;
                while (promises(last) && all <= SMALL && Math.max(1, 2 * enough) < all) {
                    tooFew = enough;
                    enough = Math.max(1, 2 * enough);
                    last = attempts.apply(trial.reducing(enough, dropped));
                }
            }
            if (last.isPlaced()) {
                return Optional.of(fewest(trial, dropped, tooFew, enough, last.verdict()));
            }
        }
        return Optional.empty();
    }

    private GangVerdict fewest(Trial trial, int dropped, int tooFew, int enough, GangVerdict found) {
        GangVerdict best = found;
        int low = tooFew + 1;
        int high = enough;
        while (low < high) {
            int middle = (low + high) / 2;
            Tried tried = attempts.apply(trial.reducing(middle, dropped));
            if (tried.isPlaced()) {
                best = tried.verdict();
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return best;
    }

    /** Whether another pod of these uses a claim that this one waits for, too. */
    private boolean isShared(@Nullable Pod pod) {
        return pod != null
                && open(snapshot, pod).stream()
                        .anyMatch(claim -> pods.stream().anyMatch(p -> !p.uid().equals(pod.uid()) && uses(p, claim)));
    }

    static boolean uses(Pod pod, Claim claim) {
        return pod.namespace().equals(claim.namespace()) && pod.claims().contains(claim.name());
    }

    private List<Pod> inFront(List<Pod> order, Object kind) {
        var front = new ArrayList<Pod>();
        var rest = new ArrayList<Pod>();
        for (Pod pod : order) {
            (kind(pod).equals(kind) ? front : rest).add(pod);
        }
        front.addAll(rest);
        return List.copyOf(front);
    }

    /** Pods of one kind can change places. */
    private Object kind(@Nullable Pod pod) {
        if (pod == null) {
            return "";
        }
        var kind = new ArrayList<Object>();
        kind.add(pod.shape());
        kind.add(pod.extended());
        for (String name : pod.claims()) {
            Optional<Claim> claim = snapshot.devices().claim(pod.namespace(), name);
            boolean open = claim.filter(c -> c.allocation().isEmpty()).isPresent();
            kind.add(
                    open
                            ? List.of(
                                    claim.orElseThrow().requests(),
                                    claim.orElseThrow().constraints())
                            : name);
        }
        return kind;
    }

    private boolean isToAllocate(Pod pod) {
        return !open(snapshot, pod).isEmpty();
    }

    private boolean hasAlternatives(Pod pod) {
        return open(snapshot, pod).stream().anyMatch(Claim::hasAlternatives);
    }

    private int alternatives(Pod pod) {
        return open(snapshot, pod).stream()
                .flatMap(claim -> claim.requests().stream())
                .mapToInt(request -> request.alternatives().size())
                .max()
                .orElse(1);
    }

    /** The claims of a pod that have no devices yet. */
    static List<Claim> open(Snapshot snapshot, Pod pod) {
        return pod.claims().stream()
                .flatMap(name -> snapshot.devices().claim(pod.namespace(), name).stream())
                .filter(claim -> claim.allocation().isEmpty())
                .toList();
    }
}
