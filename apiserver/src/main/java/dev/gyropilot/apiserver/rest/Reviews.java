package dev.gyropilot.apiserver.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.auth.Attributes;
import dev.gyropilot.apiserver.auth.Authorizer;
import dev.gyropilot.apiserver.auth.User;
import dev.gyropilot.apiserver.resource.ApiError;
import dev.gyropilot.apiserver.resource.FieldError;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kinds that are questions: they are posted, answered, and never stored. */
final class Reviews {
    private final Identities identities;

    Reviews(Identities identities) {
        this.identities = identities;
    }

    /** Whether the kind of the call is such a question. */
    static boolean isReview(Call call) {
        return switch (call.type().group()) {
            case "authorization.k8s.io", "authentication.k8s.io" -> true;
            default -> false;
        };
    }

    void answer(Call call) throws IOException {
        ObjectNode review = Bodies.object(call).object();
        call.type().strategy().defaults(review);
        Meta.of(review);
        ObjectNode status = review.putObject("status");
        JsonNode spec = review.path("spec");
        switch (call.type().kind()) {
            case "SelfSubjectAccessReview" -> decide(call.user(), spec, status);
            case "SubjectAccessReview" -> decide(subject(call, spec), spec, status);
            case "LocalSubjectAccessReview" -> {
                String asked = spec.path("resourceAttributes").path("namespace").asText("");
                if (!asked.equals(call.namespace())) {
                    throw invalid(call, "spec.resourceAttributes.namespace", asked, "must match metadata.namespace");
                }
                decide(subject(call, spec), spec, status);
            }
            case "SelfSubjectRulesReview" ->
                status.setAll(identities
                        .access()
                        .rulesReview(call.user(), spec.path("namespace").asText("")));
            case "SelfSubjectReview" -> user(call.user(), status.putObject("userInfo"));
            case "TokenReview" -> token(spec, status);
            default -> throw Resources.methodNotAllowed();
        }
        Answers.json(call.exchange(), 201, review);
    }

    private void decide(User user, JsonNode spec, ObjectNode status) {
        Authorizer.Verdict verdict = identities.access().authorize(attributes(user, spec));
        status.put("allowed", verdict.allowed());
        if (!verdict.reason().isEmpty()) {
            status.put("reason", verdict.reason());
        }
    }

    private static Attributes attributes(User user, JsonNode spec) {
        JsonNode resource = spec.path("resourceAttributes");
        if (resource.isObject()) {
            return new Attributes(
                    user,
                    resource.path("verb").asText(""),
                    resource.path("group").asText(""),
                    resource.path("version").asText(""),
                    resource.path("resource").asText(""),
                    resource.path("subresource").asText(""),
                    resource.path("namespace").asText(""),
                    resource.path("name").asText(""),
                    "");
        }
        JsonNode path = spec.path("nonResourceAttributes");
        return new Attributes(
                user,
                path.path("verb").asText(""),
                "",
                "",
                "",
                "",
                "",
                "",
                path.path("path").asText(""));
    }

    private static User subject(Call call, JsonNode spec) {
        String name = spec.path("user").asText("");
        List<String> groups = WriteOptions.texts(spec.path("groups"));
        if (name.isEmpty() && groups.isEmpty()) {
            throw invalid(call, "spec.user", "", "at least one of user or group must be specified");
        }
        Map<String, List<String>> extra = new LinkedHashMap<>();
        spec.path("extra").properties().forEach(e -> extra.put(e.getKey(), WriteOptions.texts(e.getValue())));
        return new User(name, spec.path("uid").asText(""), groups, extra);
    }

    private void token(JsonNode spec, ObjectNode status) {
        String token = spec.path("token").asText("");
        List<String> audiences = WriteOptions.texts(spec.path("audiences"));
        Optional<User> user = audiences.isEmpty()
                ? identities.authenticator().authenticate(null, token)
                : identities.tokens().authenticate(token, audiences);
        if (token.isEmpty() || user.isEmpty()) {
            status.put("error", "invalid bearer token");
            return;
        }
        status.put("authenticated", true);
        user(user.get(), status.putObject("user"));
        audiences.forEach(status.withArrayProperty("audiences")::add);
    }

    private static void user(User user, ObjectNode info) {
        info.put("username", user.name());
        if (!user.uid().isEmpty()) {
            info.put("uid", user.uid());
        }
        user.groups().forEach(info.withArrayProperty("groups")::add);
        user.extra().forEach((key, values) -> {
            var array = info.withObjectProperty("extra").putArray(key);
            values.forEach(array::add);
        });
    }

    private static ApiError invalid(Call call, String field, String value, String detail) {
        return ApiError.invalid(
                call.type().group(),
                call.type().kind(),
                "",
                List.of(FieldError.invalid(field, '"' + value + '"', detail)));
    }
}
