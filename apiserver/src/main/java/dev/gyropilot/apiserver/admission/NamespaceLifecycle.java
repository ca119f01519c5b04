package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.Set;

/** Nothing is created in a namespace that is absent or being terminated; the system's namespaces stay. */
final class NamespaceLifecycle implements Admission {
    private static final Set<String> IMMORTAL = Set.of("default", "kube-system", "kube-public");
    private static final Set<String> REVIEWS = Set.of("authorization.k8s.io", "authentication.k8s.io");

    private final ObjectReader objects;

    NamespaceLifecycle(ObjectReader objects) {
        this.objects = objects;
    }

    @Override
    public void admit(Request request) {
        String namespace = request.attributes().namespace();
        if (request.operation().equals("DELETE")
                && Refusals.is(request, "", "namespaces", "")
                && IMMORTAL.contains(request.attributes().name())) {
            throw Refusals.forbidden(request, "this namespace may not be deleted");
        }
        boolean create = request.operation().equals("CREATE")
                && request.type().namespaced()
                && !REVIEWS.contains(request.type().group());
        if (!create || namespace.isEmpty()) {
            return;
        }
        ObjectNode stored = objects.get("", "namespaces", "", namespace);
        if (stored == null) {
            throw ApiError.notFound("", "namespaces", namespace);
        }
        boolean ends = Tree.text(stored, "status", "phase").equals("Terminating")
                || stored.path("metadata").has("deletionTimestamp");
        if (ends && request.attributes().subresource().isEmpty()) {
            throw terminating(request, namespace);
        }
    }

    private static ApiError terminating(Request request, String namespace) {
        ApiError refusal = Refusals.forbidden(
                request, "unable to create new content in namespace " + namespace + " because it is being terminated");
        ObjectNode details = ApiError.details(
                Refusals.nameOf(request), request.type().group(), request.type().plural());
        details.putArray("causes")
                .addObject()
                .put("reason", "NamespaceTerminating")
                .put("message", "namespace " + namespace + " is being terminated")
                .put("field", "metadata.namespace");
        return new ApiError(refusal.code(), refusal.reason(), String.valueOf(refusal.getMessage()), details);
    }
}
