package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.ResourceType;
import java.util.List;

/** From a CustomResourceDefinition to the kinds it serves. */
public final class CustomTypes {
    private CustomTypes() {}

    /**
     * One type for each served version of a valid, defaulted CRD, in the order of the CRD. Costs little: schemas and rules
     * are read when first needed.
     */
    public static List<ResourceType> of(ObjectNode crd) {
        return List.of();
    }
}
