package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.auth.Attributes;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ResourceType;
import org.jspecify.annotations.Nullable;

/** A check or change of a write before it is stored. */
public interface Admission {
    /** May change {@code request.object()} in place; throws {@link ApiError} to refuse. */
    void admit(Request request);

    /**
     * @param operation {@code CREATE}, {@code UPDATE}, {@code DELETE} or {@code CONNECT}
     * @param object the object as it would be stored; null on DELETE and CONNECT
     * @param before the stored object; null on CREATE
     */
    record Request(
            String operation,
            Attributes attributes,
            ResourceType type,
            @Nullable ObjectNode object,
            @Nullable ObjectNode before,
            boolean dryRun) {}
}
