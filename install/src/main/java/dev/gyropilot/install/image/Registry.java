package dev.gyropilot.install.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A container registry, by the OCI distribution specification; logs in as it asks: basic, or by a token of its own service. */
public final class Registry {
    private static final Duration REQUEST_LIMIT = Duration.ofMinutes(10);
    private static final int ACCEPTED_CREATED = 201;
    private static final int ACCEPTED_UPLOAD = 202;
    private static final Pattern CHALLENGE = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    private final HttpClient http =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
    private final @Nullable Credentials credentials;
    private @Nullable String authorization;

    /** A user of the registry. */
    public record Credentials(String user, String password) {}

    public Registry(@Nullable Credentials credentials) {
        this.credentials = credentials;
    }

    /** Where an image lies: {@code HOST[:PORT]/REPOSITORY:TAG}. */
    record Place(URI base, String repository, String tag) {
        static Place of(String image) {
            int slash = image.indexOf('/');
            int colon = image.lastIndexOf(':');
            if (slash < 0 || colon < slash) {
                throw new ImageException("the image name " + image + " must read HOST/REPOSITORY:TAG");
            }
            String host = image.substring(0, slash);
            boolean local = host.startsWith("localhost") || host.startsWith("127.0.0.1");
            return new Place(
                    URI.create((local ? "http://" : "https://") + host + "/v2/"),
                    image.substring(slash + 1, colon),
                    image.substring(colon + 1));
        }

        URI path(String rest) {
            return base.resolve(repository + "/" + rest);
        }
    }

    /** Uploads what the registry does not have yet; the manifest last, so that no tag ever points to something incomplete. */
    public void push(Image image) {
        Place place = Place.of(image.name());
        for (Map.Entry<String, byte[]> blob : image.blobs().entrySet()) {
            if (!blob.getKey().equals(image.manifest())) {
                upload(place, blob.getKey(), blob.getValue());
            }
        }
        var answer = send(
                place,
                HttpRequest.newBuilder(place.path("manifests/" + place.tag()))
                        .header("Content-Type", Image.MANIFEST_TYPE),
                "PUT",
                BodyPublishers.ofByteArray(image.manifestBytes()));
        expect(answer, ACCEPTED_CREATED, "the manifest of " + image.name());
    }

    private void upload(Place place, String digest, byte[] bytes) {
        var present =
                send(place, HttpRequest.newBuilder(place.path("blobs/" + digest)), "HEAD", BodyPublishers.noBody());
        if (present.statusCode() == 200) {
            return;
        }
        var begun = send(place, HttpRequest.newBuilder(place.path("blobs/uploads/")), "POST", BodyPublishers.noBody());
        expect(begun, ACCEPTED_UPLOAD, "an upload to " + place.repository());
        String location = begun.headers()
                .firstValue("Location")
                .orElseThrow(() -> new ImageException("the registry " + place.base() + " did not say where to upload"));
        URI target = begun.uri().resolve(location);
        String join = target.getQuery() == null ? "?" : "&";
        var done = send(
                place,
                HttpRequest.newBuilder(URI.create(target + join + "digest=" + encoded(digest)))
                        .header("Content-Type", "application/octet-stream"),
                "PUT",
                BodyPublishers.ofByteArray(bytes));
        expect(done, ACCEPTED_CREATED, "the upload of " + digest);
    }

    private HttpResponse<String> send(Place place, HttpRequest.Builder request, String method, BodyPublisher body) {
        request.timeout(REQUEST_LIMIT).method(method, body);
        if (authorization != null) {
            request.setHeader("Authorization", authorization);
        }
        HttpResponse<String> answer = exchange(place, request.build());
        if (answer.statusCode() == 401) {
            authorization =
                    logIn(place, answer.headers().firstValue("WWW-Authenticate").orElse(""));
            answer = exchange(
                    place, request.setHeader("Authorization", authorization).build());
        }
        return answer;
    }

    private String logIn(Place place, String challenge) {
        String basic = credentials == null
                ? ""
                : "Basic "
                        + Base64.getEncoder()
                                .encodeToString((credentials.user() + ":" + credentials.password())
                                        .getBytes(StandardCharsets.UTF_8));
        if (!challenge.startsWith("Bearer")) {
            if (basic.isEmpty()) {
                throw new ImageException("the registry " + place.base().getHost()
                        + " wants a user: set GYROPILOT_REGISTRY_USER and GYROPILOT_REGISTRY_PASSWORD");
            }
            return basic;
        }
        String realm = "";
        StringBuilder query =
                new StringBuilder("scope=").append(encoded("repository:" + place.repository() + ":pull,push"));
        Matcher matcher = CHALLENGE.matcher(challenge);
        while (matcher.find()) {
            if (matcher.group(1).equals("realm")) {
                realm = matcher.group(2);
            } else if (matcher.group(1).equals("service")) {
                query.append("&service=").append(encoded(matcher.group(2)));
            }
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(realm + "?" + query));
        if (!basic.isEmpty()) {
            request.header("Authorization", basic);
        }
        HttpResponse<String> answer = exchange(place, request.build());
        expect(answer, 200, "the login at " + realm);
        try {
            JsonNode token = JsonMapper.builder().build().readTree(answer.body());
            return "Bearer "
                    + token.path("token").asText(token.path("access_token").asText());
        } catch (IOException e) {
            throw new ImageException("the login at " + realm + " answered no JSON", e);
        }
    }

    private HttpResponse<String> exchange(Place place, HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new ImageException("the registry " + place.base().getAuthority() + " does not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ImageException("the push was interrupted", e);
        }
    }

    private static void expect(HttpResponse<String> answer, int code, String what) {
        if (answer.statusCode() != code) {
            throw new ImageException(what + " was refused by " + answer.uri().getAuthority() + " with "
                    + answer.statusCode() + ": " + answer.body().strip());
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
