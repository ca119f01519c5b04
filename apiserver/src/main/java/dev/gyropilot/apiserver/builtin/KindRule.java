package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/** What one built-in kind adds to the rules that all of them share. Made once by the families of kinds, then only read. */
final class KindRule {
    /** Changes or checks an update. */
    interface OnUpdate {
        void accept(ObjectNode before, ObjectNode object, String subresource);
    }

    /** Finds what is wrong with an update. */
    interface CheckUpdate {
        void check(ObjectNode before, ObjectNode object, String subresource, Findings findings);
    }

    boolean resetsStatus = true;
    boolean statusKeepsLabels;
    boolean createsOnUpdate;
    boolean unconditionalUpdate = true;
    Function<String, List<String>> nameRule = NameRules::subdomain;
    Consumer<ObjectNode> onCreate = object -> {};
    OnUpdate onUpdate = (before, object, subresource) -> {};
    BiConsumer<ObjectNode, Findings> check = (object, findings) -> {};
    CheckUpdate checkUpdate = (before, object, subresource, findings) -> {};
    Function<ObjectNode, List<String>> warnings = object -> List.of();
    final Map<String, Function<ObjectNode, String>> selectable = new LinkedHashMap<>();

    /** A kind with nothing of its own. */
    static KindRule plain() {
        return new KindRule();
    }

    /** Clients may set the status when they create, as nodes do. */
    KindRule keepsStatus() {
        resetsStatus = false;
        return this;
    }

    /** A write to the status leaves the labels as they were. */
    KindRule statusKeepsLabels() {
        statusKeepsLabels = true;
        return this;
    }

    KindRule createsOnUpdate() {
        createsOnUpdate = true;
        return this;
    }

    KindRule needsVersionOnUpdate() {
        unconditionalUpdate = false;
        return this;
    }

    KindRule named(Function<String, List<String>> rule) {
        nameRule = rule;
        return this;
    }

    KindRule onCreate(Consumer<ObjectNode> hook) {
        onCreate = onCreate.andThen(hook);
        return this;
    }

    KindRule onUpdate(OnUpdate hook) {
        onUpdate = hook;
        return this;
    }

    KindRule check(BiConsumer<ObjectNode, Findings> hook) {
        check = check.andThen(hook);
        return this;
    }

    KindRule checkUpdate(CheckUpdate hook) {
        CheckUpdate first = checkUpdate;
        checkUpdate = (before, object, subresource, findings) -> {
            first.check(before, object, subresource, findings);
            hook.check(before, object, subresource, findings);
        };
        return this;
    }

    KindRule warns(Function<ObjectNode, List<String>> hook) {
        warnings = hook;
        return this;
    }

    /** A field selector that reads the text at its own path; {@code orElse} stands for an absent one. */
    KindRule selects(String path, String orElse) {
        String[] steps = path.split("\\.");
        selectable.put(path, object -> {
            String text = Tree.at(object, steps).asText("");
            return text.isEmpty() ? orElse : text;
        });
        return this;
    }

    KindRule selects(String... paths) {
        for (String path : paths) {
            selects(path, "");
        }
        return this;
    }

    KindRule selects(String path, Function<ObjectNode, String> value) {
        selectable.put(path, value);
        return this;
    }

    /** Fields that never change once set; paths from the root. */
    KindRule immutable(String... paths) {
        return checkUpdate((before, object, subresource, findings) -> {
            for (String path : paths) {
                String[] steps = path.split("\\.");
                if (!Tree.at(before, steps).equals(Tree.at(object, steps))) {
                    findings.invalid(path, Tree.at(object, steps), Findings.IMMUTABLE);
                }
            }
        });
    }
}
