package dev.gyropilot.apiserver.controllers.garbage;

import dev.gyropilot.apiserver.controllers.Kinds.Kind;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who owns whom, by uid. Each change answers with the uids that are worth another look. */
final class Graph {
    private final Map<String, Item> items = new HashMap<>();
    private final Map<String, Set<String>> dependents = new HashMap<>();

    synchronized Set<String> put(Item item) {
        var look = new LinkedHashSet<String>();
        Item before = items.put(item.uid(), item);
        if (before != null) {
            unlink(before);
        }
        for (Item.Owner owner : item.owners()) {
            dependents.computeIfAbsent(owner.uid(), u -> new LinkedHashSet<>()).add(item.uid());
        }
        if (before == null || !before.owners().equals(item.owners())) {
            if (!item.owners().isEmpty()) {
                look.add(item.uid());
            }
            if (before != null) {
                // An owner that waited for it may go on.
                before.owners().forEach(owner -> addIfWaiting(owner.uid(), look));
            }
        }
        if (item.waitsForDependents() || item.waitsForOrphaning()) {
            look.add(item.uid());
        }
        if (item.waitsForDependents() && (before == null || !before.waitsForDependents())) {
            look.addAll(dependents.getOrDefault(item.uid(), Set.of()));
        }
        return look;
    }

    synchronized Set<String> remove(String uid) {
        Item gone = items.remove(uid);
        if (gone == null) {
            return Set.of();
        }
        unlink(gone);
        var look = new LinkedHashSet<>(dependents.getOrDefault(uid, Set.of()));
        gone.owners().forEach(owner -> addIfWaiting(owner.uid(), look));
        return look;
    }

    /** Forgets all objects of a kind that is no longer served. */
    synchronized Set<String> removeAll(Kind kind) {
        var look = new LinkedHashSet<String>();
        List<String> gone = items.values().stream()
                .filter(item -> item.kind().equals(kind))
                .map(Item::uid)
                .toList();
        gone.forEach(uid -> look.addAll(remove(uid)));
        return look;
    }

    synchronized Optional<Item> get(String uid) {
        return Optional.ofNullable(items.get(uid));
    }

    synchronized List<Item> dependents(String uid) {
        return dependents.getOrDefault(uid, Set.of()).stream()
                .map(items::get)
                .filter(item -> item != null)
                .toList();
    }

    private void addIfWaiting(String uid, Set<String> look) {
        Item owner = items.get(uid);
        if (owner != null && owner.waitsForDependents()) {
            look.add(uid);
        }
    }

    private void unlink(Item item) {
        for (Item.Owner owner : item.owners()) {
            Set<String> known = dependents.get(owner.uid());
            if (known != null) {
                known.remove(item.uid());
                if (known.isEmpty()) {
                    dependents.remove(owner.uid());
                }
            }
        }
    }
}
