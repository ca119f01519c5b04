package dev.gyropilot.apiserver.builtin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.Strategy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The rules that all built-in kinds share, together with those of one kind. */
final class BuiltinStrategy implements Strategy {
    private static final Set<String> IDENTITY = Set.of("apiVersion", "kind", "metadata", "status");

    private final GoType.Struct type;
    private final KindRule rule;
    private final boolean hasStatus;

    BuiltinStrategy(GoType.Struct type, KindRule rule, boolean hasStatus) {
        this.type = type;
        this.rule = rule;
        this.hasStatus = hasStatus;
    }

    @Override
    public void defaults(ObjectNode object) {
        Canonical.defaults(type, object);
    }

    @Override
    public void prepareForCreate(ObjectNode object) {
        if (hasStatus && rule.resetsStatus) {
            object.remove("status");
        }
        rule.onCreate.accept(object);
        // What the status is when nobody has written it yet.
        Canonical.defaults(type, object);
    }

    @Override
    public void prepareForUpdate(ObjectNode before, ObjectNode object, String subresource) {
        if (subresource.isEmpty() && hasStatus) {
            Tree.take(before, object, "status");
        } else if (subresource.equals("status")) {
            for (String field : type.fields().keySet()) {
                if (!IDENTITY.contains(field)) {
                    Tree.take(before, object, field);
                }
            }
            if (rule.statusKeepsLabels) {
                Tree.take((ObjectNode) before.path("metadata"), (ObjectNode) object.path("metadata"), "labels");
            }
        }
        rule.onUpdate.accept(before, object, subresource);
    }

    @Override
    public List<FieldError> validateCreate(ObjectNode object) {
        Findings findings = new Findings();
        String name = Tree.text(object, "metadata", "name");
        findings.invalidEach("metadata.name", name, rule.nameRule.apply(name));
        TypeChecks.check(type, object, findings);
        rule.check.accept(object, findings);
        return findings.errors();
    }

    @Override
    public List<FieldError> validateUpdate(ObjectNode before, ObjectNode object, String subresource) {
        Findings findings = new Findings();
        if (!subresource.equals("status")) {
            TypeChecks.check(type, object, findings);
            rule.check.accept(object, findings);
        }
        rule.checkUpdate.check(before, object, subresource, findings);
        return findings.errors();
    }

    @Override
    public Set<String> resetFields(String subresource) {
        if (!hasStatus) {
            return Set.of();
        }
        if (!subresource.equals("status")) {
            return Set.of("status");
        }
        Set<String> reset = new TreeSet<>(type.fields().keySet());
        reset.removeAll(IDENTITY);
        if (rule.statusKeepsLabels) {
            reset.add("metadata.labels");
        }
        return reset;
    }

    @Override
    public Map<String, String> selectableFields(ObjectNode object) {
        Map<String, String> values = new LinkedHashMap<>();
        rule.selectable.forEach((path, value) -> values.put(path, value.apply(object)));
        return values;
    }

    @Override
    public Set<String> selectableFieldNames() {
        return rule.selectable.keySet();
    }

    @Override
    public boolean createsOnUpdate() {
        return rule.createsOnUpdate;
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return rule.unconditionalUpdate;
    }

    @Override
    public List<String> warnings(ObjectNode object) {
        return rule.warnings.apply(object);
    }
}
