package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The few calls of the OpenAI API with which the first question is asked. */
final class OpenAi {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final String baseUrl;
    private final String apiKey;

    /** @param baseUrl ending in {@code /v1} */
    OpenAi(String baseUrl, String apiKey) {
        this.baseUrl = baseUrl;
        this.apiKey = apiKey;
    }

    /** One vector for each text. */
    List<float[]> embeddings(String model, List<String> texts) throws IOException, InterruptedException {
        ObjectNode body = Json.json().createObjectNode().put("model", model);
        var input = body.putArray("input");
        texts.forEach(input::add);
        List<float[]> vectors = new ArrayList<>();
        for (JsonNode item : post("/embeddings", body).path("data")) {
            JsonNode values = item.path("embedding");
            float[] vector = new float[values.size()];
            for (int i = 0; i < vector.length; i++) {
                vector[i] = (float) values.get(i).asDouble();
            }
            vectors.add(vector);
        }
        return vectors;
    }

    /** The answer to one question. */
    String chat(String model, String question, int maxTokens) throws IOException, InterruptedException {
        ObjectNode body = Json.json().createObjectNode().put("model", model).put("max_tokens", maxTokens);
        body.putArray("messages").addObject().put("role", "user").put("content", question);
        return post("/chat/completions", body)
                .path("choices")
                .path(0)
                .path("message")
                .path("content")
                .asText();
    }

    private JsonNode post(String path, ObjectNode body) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create(baseUrl + path))
                        .timeout(TIMEOUT)
                        .header("Authorization", "Bearer " + apiKey)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(Json.json().writeValueAsString(body)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        JsonNode answer = Json.json().readTree(response.body());
        if (response.statusCode() != 200) {
            throw new IOException("the gateway answered " + response.statusCode() + ": "
                    + answer.path("error").path("message").asText(response.body()));
        }
        return answer;
    }

    /** The cosine of the angle between two vectors. */
    static double cosine(float[] a, float[] b) {
        double dot = 0;
        double normA = 0;
        double normB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            normA += (double) a[i] * a[i];
            normB += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(normA * normB);
    }
}
