package dev.gyropilot.apiserver.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gyropilot.apiserver.rest.Client.Answer;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The texts that clients match; those of the table were answered by a Kubernetes 1.36 API server to the same requests. */
class ErrorTextsIT {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

    @TempDir
    static Path directory;

    private static Client client;

    @BeforeAll
    static void start() throws Exception {
        client = new Client(directory);
        client.post(MAPS, "{\"metadata\":{\"name\":\"a\"}}");
    }

    @AfterAll
    static void stop() {
        client.close();
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            GET    | /b | | 404 | NotFound | configmaps "b" not found
            POST   | | {"metadata":{"name":"a"}} | 409 | AlreadyExists | configmaps "a" already exists
            POST   | | {"metadata":{"name":"c","resourceVersion":"1"}} | 500 | | resourceVersion should not be set on objects to be created
            PUT    | /a | {"metadata":{"name":"a","resourceVersion":"1"}} | 409 | Conflict | Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again
            PUT    | /a | {"metadata":{"name":"b"}} | 400 | BadRequest | the name of the object (b) does not match the name on the URL (a)
            PUT    | /a | {"metadata":{"name":"a","namespace":"x"}} | 400 | BadRequest | the namespace of the provided object does not match the namespace sent on the request
            DELETE | /a | {"dryRun":["x"]} | 422 | Invalid | DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["x"]: supported values: "All"
            GET    | ?fieldSelector=spec.size%3D1 | | 400 | BadRequest | "spec.size" is not a known field selector: only "metadata.name", "metadata.namespace"
            GET    | ?labelSelector=%3D | | 400 | BadRequest | found '=', expected: !, identifier, or 'end of string'
            GET    | ?resourceVersionMatch=Exact | | 422 | Invalid | ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided
            GET    | ?sendInitialEvents=true | | 422 | Invalid | ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list
            GET    | ?watch=1&sendInitialEvents=true | | 422 | Invalid | ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan
            POST   | ?fieldValidation=x | {"metadata":{"name":"c"}} | 422 | Invalid | CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"
            POST   | ?fieldValidation=Strict | {"metadata":{"name":"c","foo":1},"data":{},"data":{},"x":1,"x":2} | 400 | BadRequest | ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data", unknown field "metadata.foo", unknown field "x"
            """)
    void answersAsKubernetesDoes(String method, String path, String body, int code, String reason, String message)
            throws Exception {
        String where = MAPS + (path == null ? "" : path);
        Answer answer =
                method.equals("GET") ? client.get(where) : client.write(method, where, "application/json", body);
        assertThat(answer.message()).isEqualTo(message);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.body().path("reason").asText()).isEqualTo(reason == null ? "" : reason);
        assertThat(answer.body().path("kind").asText()).isEqualTo("Status");
        assertThat(answer.header("Audit-Id")).isNotEmpty();
        assertThat(answer.header("Cache-Control")).isEqualTo("no-cache, private");
    }

    @Test
    void answersPlainTextOnUnknownPaths() throws Exception {
        Answer answer = client.get("/apis/nope.io/v1/things");
        assertThat(answer.code()).isEqualTo(404);
        assertThat(answer.body().asText()).isEqualTo("404 page not found\n");
    }

    @Test
    void refusesATooLargeBody() throws Exception {
        Answer answer = client.post(MAPS, "{\"metadata\":{\"name\":\"" + "x".repeat(3 << 20) + "\"}}");
        assertThat(answer.code()).isEqualTo(413);
        assertThat(answer.message()).isEqualTo("Request entity too large: limit is 3145728");
    }

    @Test
    void refusesUnknownBodiesAndForms() throws Exception {
        assertThat(client.write("POST", MAPS, "text/plain", "x").code()).isEqualTo(415);
        Answer form = client.send(
                HttpRequest.newBuilder(client.uri("/apis/apiextensions.k8s.io/v1/customresourcedefinitions"))
                        .header("Accept", "application/vnd.kubernetes.protobuf")
                        .GET());
        assertThat(form.code()).isEqualTo(406);
    }

    @Test
    void saysThatARevisionLiesInTheFuture() throws Exception {
        Answer answer = client.get(MAPS + "?resourceVersion=999999");
        assertThat(answer.code()).isEqualTo(504);
        assertThat(answer.message()).startsWith("Timeout: Too large resource version: 999999, current: ");
        assertThat(answer.header("Retry-After")).isEqualTo("1");
        assertThat(answer.body()
                        .path("details")
                        .path("causes")
                        .path(0)
                        .path("reason")
                        .asText())
                .isEqualTo("ResourceVersionTooLarge");
    }

    @Test
    void refusesOtherHostsAndOrigins() throws Exception {
        Answer answer = client.send(HttpRequest.newBuilder(client.uri("/version"))
                .header("Origin", "https://evil.example")
                .GET());
        assertThat(answer.code()).isEqualTo(421);
    }
}
