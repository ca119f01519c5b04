package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.store.Stored;

/** Which objects of a collection a request is about. */
record Filter(String namespace, String name, LabelSelector labels, FieldSelector fields, ResourceType type) {
    static Filter of(Call call) {
        return new Filter(
                call.namespace(),
                call.name(),
                LabelSelector.parse(call.query().text("labelSelector")),
                FieldSelector.parse(call.query().text("fieldSelector"), call.type()),
                call.type());
    }

    boolean selects() {
        return !labels.isEverything() || !fields.isEverything();
    }

    boolean matches(Stored stored) {
        if (!namespace.isEmpty() && !namespace.equals(stored.key().namespace())) {
            return false;
        }
        if (!name.isEmpty() && !name.equals(stored.key().name())) {
            return false;
        }
        if (!selects()) {
            return true;
        }
        ObjectNode object = stored.object();
        return (labels.isEverything() || labels.matches(Meta.labels(object))) && fields.matches(object, type);
    }
}
