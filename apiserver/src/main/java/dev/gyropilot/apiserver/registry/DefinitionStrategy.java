package dev.gyropilot.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.crd.Crds;
import dev.gyropilot.apiserver.resource.FieldError;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What CustomResourceDefinitions need beyond the rules of built-in kinds: their own defaults and the check of their schemas. */
public final class DefinitionStrategy implements Strategy {
    private final Strategy builtin;

    private DefinitionStrategy(Strategy builtin) {
        this.builtin = builtin;
    }

    /** The types, with this strategy for the one kind. */
    public static List<ResourceType> into(List<ResourceType> types) {
        return types.stream()
                .map(type -> type.kind().equals("CustomResourceDefinition") ? with(type) : type)
                .toList();
    }

    private static ResourceType with(ResourceType type) {
        return new ResourceType(
                type.group(),
                type.version(),
                type.kind(),
                type.listKind(),
                type.plural(),
                type.singular(),
                type.shortNames(),
                type.categories(),
                type.namespaced(),
                type.verbs(),
                type.subresources(),
                type.schema(),
                new DefinitionStrategy(type.strategy()),
                type.columns(),
                type.custom());
    }

    @Override
    public void defaults(ObjectNode object) {
        builtin.defaults(object);
        Crds.defaults(object);
    }

    @Override
    public void prepareForCreate(ObjectNode object) {
        builtin.prepareForCreate(object);
    }

    @Override
    public void prepareForUpdate(ObjectNode before, ObjectNode object, String subresource) {
        builtin.prepareForUpdate(before, object, subresource);
    }

    @Override
    public List<FieldError> validateCreate(ObjectNode object) {
        return joined(builtin.validateCreate(object), Crds.validateCreate(object));
    }

    @Override
    public List<FieldError> validateUpdate(ObjectNode before, ObjectNode object, String subresource) {
        List<FieldError> own = subresource.isEmpty() ? Crds.validateUpdate(before, object) : List.of();
        return joined(builtin.validateUpdate(before, object, subresource), own);
    }

    private static List<FieldError> joined(List<FieldError> first, List<FieldError> second) {
        List<FieldError> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    @Override
    public Set<String> resetFields(String subresource) {
        return builtin.resetFields(subresource);
    }

    @Override
    public Map<String, String> selectableFields(ObjectNode object) {
        return builtin.selectableFields(object);
    }

    @Override
    public Set<String> selectableFieldNames() {
        return builtin.selectableFieldNames();
    }

    @Override
    public boolean createsOnUpdate() {
        return builtin.createsOnUpdate();
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return builtin.allowsUnconditionalUpdate();
    }

    @Override
    public List<String> warnings(ObjectNode object) {
        return builtin.warnings(object);
    }
}
