package dev.gyropilot.apiserver.controllers.garbage;

import dev.gyropilot.apiserver.controllers.garbage.Item.Owner;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What is to be done with an object, given its owners and dependents. */
sealed interface Verdict {
    /** Nothing. */
    record Keep() implements Verdict {}

    /** Nothing yet: an owner's kind or existence is not known. */
    record AskLater() implements Verdict {}

    /** Nobody owns it any more. */
    record Delete(DeletionPropagation policy) implements Verdict {}

    /** Some owners are gone or wait for it, others live: only the references go. */
    record DropOwners(List<String> uids) implements Verdict {}

    /** Its dependents go first, these next. */
    record DeleteDependents(List<Item> dependents) implements Verdict {}

    /** Its dependents stay, without it, and then it goes. */
    record Orphan(List<Item> dependents) implements Verdict {}

    /** Its dependents are gone: so may it. */
    record Release() implements Verdict {}

    /** How an owner stands. */
    enum Standing {
        /** It lives. */
        SOLID,
        /** It is gone, or never was where the reference looks for it. */
        ABSENT,
        /** It waits for its dependents. */
        WAITING,
        /** It cannot be told. */
        UNKNOWN
    }

    /** @param standing tells how an owner stands; asked only when it matters, as it may cost a request */
    static Verdict of(Item item, List<Item> dependents, Function<Owner, Standing> standing) {
        if (item.waitsForOrphaning()) {
            return new Orphan(dependents);
        }
        if (item.waitsForDependents()) {
            List<Item> blocking =
                    dependents.stream().filter(d -> d.blocks(item.uid())).toList();
            return blocking.isEmpty()
                    ? new Release()
                    : new DeleteDependents(
                            dependents.stream().filter(d -> !d.deleting()).toList());
        }
        if (item.deleting() || item.owners().isEmpty()) {
            return new Keep();
        }
        return byOwners(item, dependents, standing);
    }

    private static Verdict byOwners(Item item, List<Item> dependents, Function<Owner, Standing> standing) {
        var gone = new ArrayList<String>();
        boolean solid = false;
        boolean waiting = false;
        boolean unknown = false;
        for (Owner owner : item.owners()) {
            switch (standing.apply(owner)) {
                case SOLID -> solid = true;
                case ABSENT -> gone.add(owner.uid());
                case WAITING -> {
                    waiting = true;
                    gone.add(owner.uid());
                }
                case UNKNOWN -> unknown = true;
            }
        }
        if (solid) {
            return gone.isEmpty() ? new Keep() : new DropOwners(gone);
        }
        if (unknown) {
            return new AskLater();
        }
        if (waiting && !dependents.isEmpty()) {
            return new Delete(DeletionPropagation.FOREGROUND);
        }
        if (item.finalizers().contains(Item.ORPHAN)) {
            return new Delete(DeletionPropagation.ORPHAN);
        }
        return new Delete(
                item.finalizers().contains(Item.FOREGROUND)
                        ? DeletionPropagation.FOREGROUND
                        : DeletionPropagation.BACKGROUND);
    }
}
