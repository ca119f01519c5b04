package dev.gyropilot.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a kind adds to the generic create, update and delete. The server calls, in this order: {@link #defaults}, then
 * {@link #prepareForCreate} or {@link #prepareForUpdate}, then admission, then the validation. Objects are changed in place.
 *
 * <p>The generic part does what all kinds share: metadata validation, uid, creationTimestamp, generation (raised when
 * anything but metadata and status changed), resourceVersion, managedFields, names from generateName.
 */
public interface Strategy {
    /** Adds the defaults of the kind, also on objects read from an older version of the schema. */
    void defaults(ObjectNode object);

    /** Removes what clients may not set on create (mostly {@code status}) and sets what the server decides. */
    void prepareForCreate(ObjectNode object);

    /**
     * Takes from {@code before} what this request may not change.
     *
     * @param subresource empty for the main resource, else {@code status} and the like
     */
    void prepareForUpdate(ObjectNode before, ObjectNode object, String subresource);

    List<FieldError> validateCreate(ObjectNode object);

    List<FieldError> validateUpdate(ObjectNode before, ObjectNode object, String subresource);

    /** Field paths (dotted, such as {@code status}) that a write to this subresource resets and so never owns. */
    Set<String> resetFields(String subresource);

    /** The values by which field selectors may select, beyond {@code metadata.name} and {@code metadata.namespace}. */
    Map<String, String> selectableFields(ObjectNode object);

    /** The names of {@link #selectableFields}. */
    Set<String> selectableFieldNames();

    /** Whether PUT on an absent object creates it. */
    boolean createsOnUpdate();

    /** Whether an update without resourceVersion is accepted. */
    boolean allowsUnconditionalUpdate();

    /** Findings that do not refuse the request but are returned as {@code Warning} headers. */
    List<String> warnings(ObjectNode object);
}
