package dev.gyropilot.engines.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gyropilot.engines.http.HttpServer;
import io.netty.channel.EventLoopGroup;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The simulated engine over sockets. */
class SimulatedEngineIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static EventLoopGroup loops;

    private final List<SimulatedEngine> engines = new ArrayList<>();

    @BeforeAll
    static void startLoops() {
        loops = HttpServer.newLoops(2, "test");
    }

    @AfterEach
    void stopEngines() {
        engines.forEach(SimulatedEngine::close);
    }

    @AfterAll
    static void stopLoops() {
        loops.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void answersAChatWholeAndSaysThatItIsSimulated() throws Exception {
        SimulatedEngine engine = start();
        HttpResponse<String> answer = chat(engine, "\"max_tokens\":8");
        JsonNode body = JSON.readTree(answer.body());
        assertThat(answer.headers().firstValue("x-gyropilot-simulated")).contains("true");
        assertThat(body.at("/choices/0/message/content").asText()).startsWith("[simulated] ");
        assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(8);
        assertThat(body.at("/system_fingerprint").asText()).isEqualTo("simulated");
        assertThat(JSON.readTree(get(engine, "/v1/models").body())
                        .at("/data/0/owned_by")
                        .asText())
                .isEqualTo("gyropilot-simulated");
    }

    @Test
    void streamsWhatItWouldAnswerWhole() throws Exception {
        SimulatedEngine engine = start();
        String whole = JSON.readTree(chat(engine, "\"max_tokens\":20").body())
                .at("/choices/0/message/content")
                .asText();
        String events = chat(engine, "\"max_tokens\":20,\"stream\":true,\"stream_options\":{\"include_usage\":true}")
                .body();
        StringBuilder text = new StringBuilder();
        List<JsonNode> chunks = new ArrayList<>();
        for (String event : events.split("\n\n")) {
            assertThat(event).startsWith("data: ");
            if (!event.equals("data: [DONE]")) {
                JsonNode chunk = JSON.readTree(event.substring(6));
                chunks.add(chunk);
                text.append(chunk.at("/choices/0/delta/content").asText(""));
            }
        }
        assertThat(text).hasToString(whole);
        assertThat(events).endsWith("data: [DONE]\n\n");
        assertThat(chunks).hasSize(1 + 20 + 1 + 1);
        assertThat(chunks.getFirst().at("/choices/0/delta/role").asText()).isEqualTo("assistant");
        assertThat(chunks.get(21).at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(chunks.get(22).at("/usage/completion_tokens").asInt()).isEqualTo(20);
        assertThat(chunks.get(22).at("/choices")).isEmpty();
    }

    @Test
    void sameSeedSameTextOtherSeedOtherText() throws Exception {
        String one = chat(start("--seed=7"), "\"max_tokens\":30").body();
        String same = chat(start("--seed=7"), "\"max_tokens\":30").body();
        String other = chat(start("--seed=8"), "\"max_tokens\":30").body();
        assertThat(content(one)).isEqualTo(content(same)).isNotEqualTo(content(other));
    }

    @Test
    void echoesTheLastMessageAndStopsWhereAsked() throws Exception {
        SimulatedEngine engine = start("--mode=echo");
        assertThat(content(chat(engine, "\"max_tokens\":100").body())).isEqualTo("[simulated] hello, \"wörld\" 🚢");
        assertThat(content(chat(engine, "\"stop\":[\",\"]").body())).isEqualTo("[simulated] hello");
    }

    @Test
    void takesTheTimesItIsTold() throws Exception {
        SimulatedEngine engine = start("--time-to-first-token=80ms", "--inter-token-latency=5ms");
        long begun = System.nanoTime();
        chat(engine, "\"max_tokens\":21,\"stream\":true");
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isBetween(Duration.ofMillis(179), Duration.ofMillis(900));
        assertThat(metric(engine, "vllm:time_to_first_token_seconds_sum")).isBetween(0.0799, 0.5);
        assertThat(metric(engine, "vllm:inter_token_latency_seconds_count")).isEqualTo(20);
        // Counted from the ideal times: a first token that came late takes nothing from the end.
        assertThat(metric(engine, "vllm:time_to_first_token_seconds_sum")
                        + metric(engine, "vllm:inter_token_latency_seconds_sum"))
                .isBetween(0.179, 0.9);
    }

    @Test
    void cachesPrefixesAndCountsThem() throws Exception {
        SimulatedEngine engine = start("--block-size=8", "--prefill-time-per-token=1ms");
        String prompt = "word ".repeat(100);
        String body = "{\"model\":\"simulated\",\"max_tokens\":1,\"prompt\":\"" + prompt + "\"}";
        JsonNode first = JSON.readTree(post(engine, "/v1/completions", body).body());
        JsonNode second = JSON.readTree(post(engine, "/v1/completions", body).body());
        assertThat(first.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isZero();
        assertThat(second.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isEqualTo(96);
        assertThat(metric(engine, "vllm:prefix_cache_queries_total"))
                .isEqualTo(2 * first.at("/usage/prompt_tokens").asInt());
        assertThat(metric(engine, "vllm:prefix_cache_hits_total")).isEqualTo(96);
        assertThat(metric(engine, "vllm:time_to_first_token_seconds_sum")).isBetween(0.1, 0.4);
    }

    @Test
    void queuesWhatTheBatchDoesNotHoldAndRefusesTheRest() throws Exception {
        SimulatedEngine engine = start("--max-num-seqs=2", "--max-waiting-queue-length=1", "--time-to-first-token=1s");
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int taken = i;
            answers.add(
                    CLIENT.sendAsync(chatRequest(engine, "\"max_tokens\":1"), HttpResponse.BodyHandlers.ofString()));
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(5))
                    .until(() ->
                            metric(engine, "vllm:num_requests_running") + metric(engine, "vllm:num_requests_waiting")
                                    == taken + 1);
        }
        assertThat(metric(engine, "vllm:num_requests_running")).isEqualTo(2);
        HttpResponse<String> refused = chat(engine, "\"max_tokens\":1");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("retry-after")).contains("1");
        assertThat(refused.body()).contains("engine_overloaded");
        for (var answer : answers) {
            assertThat(answer.join().statusCode()).isEqualTo(200);
        }
        assertThat(metric(engine, "vllm:admission_rejections_total")).isEqualTo(1);
    }

    @Test
    void preemptsWhenBlocksRunOutAndStillAnswersAll() throws Exception {
        SimulatedEngine engine =
                start("--kv-cache-size=8", "--block-size=4", "--max-num-seqs=4", "--inter-token-latency=1ms");
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String body =
                    "{\"model\":\"simulated\",\"max_tokens\":20,\"ignore_eos\":true,\"prompt\":\"p" + i + " a b c\"}";
            answers.add(
                    CLIENT.sendAsync(request(engine, "/v1/completions", body), HttpResponse.BodyHandlers.ofString()));
        }
        for (var answer : answers) {
            assertThat(JSON.readTree(answer.join().body())
                            .at("/usage/completion_tokens")
                            .asInt())
                    .isEqualTo(20);
        }
        assertThat(metric(engine, "vllm:num_preemptions_total")).isPositive();
        assertThat(metric(engine, "vllm:kv_cache_usage_perc")).isZero();
    }

    @Test
    void freesEverythingWhenAClientGoes() throws Exception {
        SimulatedEngine engine = start("--inter-token-latency=50ms");
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), engine.address().getPort())) {
            String body =
                    "{\"model\":\"simulated\",\"max_tokens\":1000,\"ignore_eos\":true,\"stream\":true,\"prompt\":\"x\"}";
            socket.getOutputStream()
                    .write(("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n"
                                    + body)
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            assertThat(in.read(new byte[1024])).isPositive();
            assertThat(metric(engine, "vllm:kv_cache_usage_perc")).isPositive();
        }
        Awaitility.await().until(() -> metric(engine, "vllm:num_requests_running") == 0);
        assertThat(metric(engine, "vllm:kv_cache_usage_perc")).isZero();
        assertThat(get(engine, "/metrics").body()).contains("finished_reason=\"abort\"} 1.0");
    }

    @Test
    void pausesForAClientThatDoesNotRead() throws Exception {
        SimulatedEngine engine = start("--max-model-len=1000000", "--kv-cache-size=100000");
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4096);
            socket.connect(engine.address());
            String body =
                    "{\"model\":\"simulated\",\"max_tokens\":500000,\"ignore_eos\":true,\"stream\":true,\"prompt\":\"x\"}";
            socket.getOutputStream()
                    .write(("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n"
                                    + body)
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isPositive();
            double[] last = {-1};
            Awaitility.await().pollInterval(Duration.ofMillis(200)).until(() -> {
                double now = metric(engine, "vllm:generation_tokens_total");
                boolean still = now == last[0];
                last[0] = now;
                return still;
            });
            // Far from all: what fits into the sockets' buffers and the high-water mark.
            assertThat(last[0]).isLessThan(100_000);
        }
    }

    @Test
    void isNotReadyBeforeItsStartupTime() throws Exception {
        SimulatedEngine engine = start("--startup-duration=300ms");
        assertThat(get(engine, "/health").statusCode()).isEqualTo(503);
        assertThat(chat(engine, "\"max_tokens\":1").statusCode()).isEqualTo(503);
        Awaitility.await().until(() -> get(engine, "/health").statusCode() == 200);
        assertThat(chat(engine, "\"max_tokens\":1").statusCode()).isEqualTo(200);
    }

    @Test
    void failsOnPurposeAsOftenAsTold() throws Exception {
        SimulatedEngine engine = start("--failure-injection-rate=50");
        int failures = 0;
        for (int i = 0; i < 200; i++) {
            failures += chat(engine, "\"max_tokens\":1").statusCode() == 200 ? 0 : 1;
        }
        assertThat(failures).isBetween(70, 130);
        HttpRequest asked = HttpRequest.newBuilder(chatRequest(start(), "\"max_tokens\":1"), (name, value) -> true)
                .header("x-return-error", "503")
                .build();
        assertThat(CLIENT.send(asked, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(503);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            'messages':[]                                                       | messages            | at least one
            'messages':'hi'                                                     | messages            | is "hi"
            'messages':[{'content':'x'}]                                        | messages[0].role    | missing
            'messages':[{'role':'user'}]                                        | messages[0].content | missing
            'messages':[{'role':'user','content':[{'type':'image_url'}]}]       | messages[0].content[0] | type "text" only
            'messages':[{'role':'user','content':'x'}],'max_tokens':0           | max_tokens          | is 0
            'messages':[{'role':'user','content':'x'}],'max_tokens':'many'      | max_tokens          | is "many"
            'messages':[{'role':'user','content':'x'}],'temperature':3          | temperature         | from 0.0 to 2.0
            'messages':[{'role':'user','content':'x'}],'n':2                    | n                   | one choice
            'messages':[{'role':'user','content':'x'}],'stream':'yes'           | stream              | true or false
            'messages':[{'role':'user','content':'x'}],'stop':['']              | stop                | not empty
            'messages':[{'role':'user','content':'x'}],'logprobs':true          | logprobs            | does not have it
            'messages':[{'role':'user','content':'x'}],'max_tokens':40000       | messages            | context is 32768
            """)
    void refusesBadRequestsNamingTheField(String fields, String param, String words) throws Exception {
        HttpResponse<String> answer =
                post(start(), "/v1/chat/completions", ("{'model':'simulated'," + fields + "}").replace('\'', '"'));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        JsonNode error = JSON.readTree(answer.body()).get("error");
        assertThat(error.get("param").asText()).isEqualTo(param);
        assertThat(error.get("message").asText()).contains(words);
    }

    @Test
    void tokenizesAndEmbeds() throws Exception {
        SimulatedEngine engine = start();
        JsonNode tokens = JSON.readTree(post(engine, "/tokenize", "{\"model\":\"simulated\",\"prompt\":\"a b, c\"}")
                .body());
        assertThat(tokens.get("count").asInt()).isEqualTo(4);
        assertThat(tokens.get("tokens")).hasSize(4);
        JsonNode vectors =
                JSON.readTree(post(engine, "/v1/embeddings", "{\"model\":\"simulated\",\"input\":[\"a\",\"a\"]}")
                        .body());
        assertThat(vectors.at("/data/0/embedding")).hasSize(64).isEqualTo(vectors.at("/data/1/embedding"));
    }

    @Test
    void hundredReplicasShareTwoLoops() throws Exception {
        for (int i = 0; i < 100; i++) {
            start();
        }
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (SimulatedEngine engine : engines) {
            answers.add(CLIENT.sendAsync(
                    chatRequest(engine, "\"max_tokens\":32,\"stream\":true"), HttpResponse.BodyHandlers.ofString()));
        }
        for (var answer : answers) {
            assertThat(answer.join().body()).endsWith("data: [DONE]\n\n");
        }
    }

    private SimulatedEngine start(String... flags) {
        SimulatedEngine engine = SimulatedEngine.start(
                SimulatedConfig.of(flags), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), loops);
        engines.add(engine);
        return engine;
    }

    private static HttpResponse<String> chat(SimulatedEngine engine, String fields) throws Exception {
        return CLIENT.send(chatRequest(engine, fields), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest chatRequest(SimulatedEngine engine, String fields) {
        String message = "{\"role\":\"user\",\"content\":\"hello, \\\"wörld\\\" 🚢\"}";
        return request(
                engine,
                "/v1/chat/completions",
                "{\"model\":\"simulated\",\"messages\":[" + message + "]," + fields + "}");
    }

    private static HttpResponse<String> post(SimulatedEngine engine, String path, String body) throws Exception {
        return CLIENT.send(request(engine, path, body), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> get(SimulatedEngine engine, String path) throws Exception {
        return CLIENT.send(HttpRequest.newBuilder(uri(engine, path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest request(SimulatedEngine engine, String path, String body) {
        return HttpRequest.newBuilder(uri(engine, path))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static URI uri(SimulatedEngine engine, String path) {
        return URI.create("http://127.0.0.1:" + engine.address().getPort() + path);
    }

    private static String content(String body) throws Exception {
        return JSON.readTree(body).at("/choices/0/message/content").asText();
    }

    private static double metric(SimulatedEngine engine, String name) {
        String text = new String(engine.metrics(), StandardCharsets.UTF_8);
        Matcher matcher = Pattern.compile("^" + Pattern.quote(name) + "\\{[^}]*} (\\S+)$", Pattern.MULTILINE)
                .matcher(text);
        assertThat(matcher.find()).as(name).isTrue();
        return Double.parseDouble(matcher.group(1));
    }
}
