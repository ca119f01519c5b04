package dev.gyropilot.apiserver.admission;

import dev.gyropilot.apiserver.resource.ApiError;

/** What the admissions share: recognizing requests and refusing them. */
final class Refusals {
    private Refusals() {}

    static ApiError forbidden(Admission.Request request, String why) {
        return ApiError.forbidden(request.type().group(), request.type().plural(), nameOf(request), why);
    }

    static String nameOf(Admission.Request request) {
        String inUrl = request.attributes().name();
        return inUrl.isEmpty() && request.object() != null
                ? request.object().path("metadata").path("name").asText("")
                : inUrl;
    }

    static boolean is(Admission.Request request, String group, String plural, String subresource) {
        return request.type().group().equals(group)
                && request.type().plural().equals(plural)
                && request.attributes().subresource().equals(subresource);
    }

    /** Whether a pod itself is created. */
    static boolean createsPod(Admission.Request request) {
        return request.operation().equals("CREATE") && is(request, "", "pods", "");
    }
}
