package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** From nothing to a served model, and the OpenAI API as its clients know it. */
@Tag("process")
class ServeIT {
    private static final Gyropilot gyropilot = Gyropilot.fresh();
    private static Command.Result up;

    @BeforeAll
    static void start() {
        up = gyropilot.up("minilm").succeeded();
    }

    @AfterAll
    static void stop() {
        gyropilot.close();
    }

    @Test
    void upAnswersAQuestionAndTellsHowToGoOn() {
        assertThat(up.out())
                .contains("Kubernetes API   https://127.0.0.1:")
                .contains("A kitten naps on the couch.  ← nearest")
                .contains("gyro env")
                .contains("curl ")
                .contains("Try next");
        assertThat(up.err()).contains("model minilm is ready").doesNotContain("\u001b[");
    }

    @Test
    void statusNamesAllThatScriptsNeed() {
        JsonNode status = gyropilot.status();
        assertThat(status.path("ready").asBoolean()).isTrue();
        assertThat(status.path("apiServer").asText()).startsWith("https://127.0.0.1:");
        assertThat(status.path("gateway").asText()).startsWith("http://127.0.0.1:");
        assertThat(status.path("pid").asLong()).isEqualTo(gyropilot.pid());
        assertThat(status.path("version").asText()).isNotEmpty();
    }

    @Test
    void envPrintsExportsForAShell() {
        String out = gyropilot
                .run(
                        "bash",
                        "-c",
                        "eval \"$(" + Gyropilot.ROOT
                                + "/gyro env)\" && echo $KUBECONFIG $OPENAI_BASE_URL $OPENAI_API_KEY")
                .succeeded()
                .out()
                .strip();
        assertThat(out)
                .isEqualTo(gyropilot.home().resolve("kubeconfig") + " " + gyropilot.gatewayUrl() + "/v1 "
                        + gyropilot.apiKey());
    }

    @Test
    void secretsAreReadableByTheirOwnerOnly() throws Exception {
        for (String file : new String[] {"kubeconfig", "api-key"}) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(gyropilot.home().resolve(file))))
                    .as(file)
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void similarSentencesAreNearer() {
        JsonNode data =
                Gyropilot.json(gyropilot.post("/v1/embeddings", """
                                {"model": "minilm", "input": ["A cat sleeps on the sofa.", "A kitten naps on the couch.", "The stock market fell sharply today."]}""").body()).path("data");
        assertThat(data).hasSize(3);
        assertThat(norm(data.get(0))).isCloseTo(1, within(1e-4));
        assertThat(dot(data.get(0), data.get(1))).isGreaterThan(dot(data.get(0), data.get(2)) + 0.3);
    }

    @Test
    void countsTokens() {
        JsonNode answer = Gyropilot.json(gyropilot
                .post("/v1/embeddings", "{\"model\": \"minilm\", \"input\": \"hello world\"}")
                .body());
        assertThat(answer.path("usage").path("prompt_tokens").asInt()).isEqualTo(4);
    }

    @Test
    void modelsListsIt() {
        JsonNode models = Gyropilot.json(gyropilot.get("/v1/models").body()).path("data");
        assertThat(models.findValuesAsText("id")).contains("minilm");
    }

    @Test
    void wrongKeyIs401() {
        assertError(
                gyropilot.post("/v1/embeddings", "{\"model\":\"minilm\",\"input\":\"a\"}", "wrong"),
                401,
                "invalid_api_key");
    }

    @Test
    void unknownModelIs404NamingTheKnown() {
        JsonNode error = assertError(
                gyropilot.post("/v1/embeddings", "{\"model\":\"nope\",\"input\":\"a\"}"), 404, "model_not_found");
        assertThat(error.path("message").asText()).contains("nope").contains("minilm");
    }

    @Test
    void malformedBodyIs400NamingTheField() {
        JsonNode error = assertError(gyropilot.post("/v1/embeddings", "{\"model\":\"minilm\",\"input\":7}"), 400, null);
        assertThat(error.path("param").asText()).isEqualTo("input");
        assertError(gyropilot.post("/v1/embeddings", "{\"model\":\"minilm\","), 400, null);
        JsonNode missing = assertError(gyropilot.post("/v1/embeddings", "{\"input\":\"a\"}"), 400, null);
        assertThat(missing.path("param").asText()).isEqualTo("model");
    }

    @Test
    void tooLargeIs413() {
        assertError(
                gyropilot.post("/v1/embeddings", "{\"model\":\"minilm\",\"input\":\"" + "a".repeat(20 << 20) + "\"}"),
                413,
                null);
    }

    private static JsonNode assertError(HttpResponse<String> response, int code, @Nullable String errorCode) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(code);
        JsonNode error = Gyropilot.json(response.body()).path("error");
        assertThat(error.path("message").asText()).isNotEmpty();
        assertThat(error.path("type").asText()).isNotEmpty();
        if (errorCode != null) {
            assertThat(error.path("code").asText()).isEqualTo(errorCode);
        }
        return error;
    }

    private static double dot(JsonNode a, JsonNode b) {
        double sum = 0;
        for (int i = 0; i < a.path("embedding").size(); i++) {
            sum += a.path("embedding").get(i).asDouble()
                    * b.path("embedding").get(i).asDouble();
        }
        return sum;
    }

    private static double norm(JsonNode vector) {
        return Math.sqrt(dot(vector, vector));
    }
}
