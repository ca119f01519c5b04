package dev.gyropilot.apiserver.rest;

import dev.gyropilot.apiserver.auth.Attributes;
import dev.gyropilot.apiserver.auth.User;
import dev.gyropilot.apiserver.http.Exchange;
import dev.gyropilot.apiserver.http.Query;
import dev.gyropilot.apiserver.resource.ResourceType;

/**
 * One authorized request on a served kind.
 *
 * @param attributes what was authorized
 */
public record Call(Exchange exchange, Attributes attributes, Target target, ResourceType type) {
    Query query() {
        return exchange.query();
    }

    User user() {
        return attributes.user();
    }

    String namespace() {
        return target.namespace();
    }

    String name() {
        return target.name();
    }

    String subresource() {
        return target.subresource();
    }

    void warn(String text) {
        exchange.answerHeader("Warning", "299 - \"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
    }
}
