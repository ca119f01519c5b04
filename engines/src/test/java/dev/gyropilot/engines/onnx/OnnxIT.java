package dev.gyropilot.engines.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gyropilot.engines.RunningEngine;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The embedding server as a process, over sockets. */
class OnnxIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static RunningEngine engine;

    @BeforeAll
    static void start() throws Exception {
        engine = RunningEngine.start(
                        folder,
                        "onnx",
                        "--model-uri",
                        "builtin://minilm",
                        "--model-name",
                        "minilm",
                        "--max-body-bytes=100000")
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    @Test
    void answersOneTextAsFloats() throws Exception {
        JsonNode answer = embed("{'model':'minilm','input':'hello'}");
        assertThat(answer.at("/data/0/embedding")).hasSize(384);
        assertThat(answer.at("/object").asText()).isEqualTo("list");
        assertThat(answer.at("/data/0/object").asText()).isEqualTo("embedding");
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(3);
        assertThat(answer.at("/usage/total_tokens").asInt()).isEqualTo(3);
        assertThat(answer.at("/model").asText()).isEqualTo("minilm");
    }

    @Test
    void answersTheSameAsBase64AndForTokenIds() throws Exception {
        JsonNode floats = embed("{'model':'minilm','input':'hello'}").at("/data/0/embedding");
        String text = embed("{'model':'minilm','input':[7592],'encoding_format':'base64'}")
                .at("/data/0/embedding")
                .asText();
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
        for (JsonNode value : floats) {
            assertThat((double) bytes.getFloat()).isCloseTo(value.asDouble(), within(1e-7));
        }
        assertThat(bytes.hasRemaining()).isFalse();
    }

    @Test
    void answersManyTextsInOrderAndEachAsIfAlone() throws Exception {
        JsonNode many = embed("{'model':'minilm','input':['hello','a much longer text than the others', [7592]]}");
        assertThat(many.at("/data")).hasSize(3);
        assertThat(many.at("/data/1/index").asInt()).isEqualTo(1);
        assertThat(many.at("/data/0/embedding")).isEqualTo(many.at("/data/2/embedding"));
        assertThat(many.at("/data/0/embedding"))
                .isEqualTo(embed("{'model':'minilm','input':'hello'}").at("/data/0/embedding"));
    }

    @Test
    void saysWhenTextsWereCut() throws Exception {
        String text = "word ".repeat(400);
        HttpResponse<String> answer =
                engine.post("/v1/embeddings", "{\"model\":\"minilm\",\"input\":[\"" + text + "\",\"x\"]}");
        assertThat(answer.headers().firstValue("x-gyropilot-truncated-inputs")).contains("1");
        assertThat(JSON.readTree(answer.body()).at("/usage/prompt_tokens").asInt())
                .isEqualTo(256 + 3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {'model':'minilm'}                                        | 400 | input           | 'input' is missing
            {'model':'minilm','input':''}                             | 400 | input           | empty string
            {'model':'minilm','input':['a','']}                       | 400 | input[1]        | empty string
            {'model':'minilm','input':[]}                             | 400 | input           | is []
            {'model':'minilm','input':[['a']]}                        | 400 | input[0]        | 'input[0][0]'
            {'model':'minilm','input':[1,30522]}                      | 400 | input           | is 30522
            {'model':'minilm','input':[1,-1]}                         | 400 | input           | is -1
            {'model':'minilm','input':{'a':1}}                        | 400 | input           | array of strings
            {'model':'minilm','input':'a','dimensions':100}           | 400 | dimensions      | 384
            {'model':'minilm','input':'a','encoding_format':'int8'}   | 400 | encoding_format | base64
            {'input':'a'}                                             | 400 | model           | missing
            {'model':7,'input':'a'}                                   | 400 | model           | is 7
            {'model':'gpt-5','input':'a'}                             | 404 | model           | serves 'minilm'
            {'model':'minilm','input':'a'                             | 400 | null            | not valid JSON at line 1
            []                                                        | 400 | null            | JSON array
            ~~                                                        | 400 | null            | empty
            """)
    void refusesBadRequestsNamingTheField(String body, int status, String param, String words) throws Exception {
        HttpResponse<String> answer = engine.post("/v1/embeddings", body.replace('\'', '"'));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        JsonNode error = JSON.readTree(answer.body()).get("error");
        assertThat(error.get("param").asText()).isEqualTo(param);
        assertThat(error.get("type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.get("message").asText()).contains(words);
    }

    @Test
    void refusesLargeBodiesWhetherAnnouncedOrNot() throws Exception {
        HttpResponse<String> announced = engine.post("/v1/embeddings", "x".repeat(200_000));
        assertThat(announced.statusCode()).isEqualTo(413);
        assertThat(announced.body()).contains("body_too_large").contains("100000 bytes");
        String chunked = raw("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
                + ("8000\r\n" + "x".repeat(0x8000) + "\r\n").repeat(8));
        assertThat(chunked).startsWith("HTTP/1.1 413 ");
    }

    @Test
    void answersPipelinedRequestsInOrderAndOldClients() throws Exception {
        String health = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
        String models = "GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        String both = raw(health + models);
        assertThat(both.indexOf("{\"status\":\"ready\"}")).isPositive().isLessThan(both.indexOf("\"object\":\"list\""));
        assertThat(raw("GET /health HTTP/1.0\r\n\r\n"))
                .contains("connection: close")
                .endsWith("{\"status\":\"ready\"}");
        assertThat(raw("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ").contains("malformed_request");
    }

    @Test
    void tellsModelsPathsAndMetrics() throws Exception {
        assertThat(JSON.readTree(engine.get("/v1/models").body())
                        .at("/data/0/id")
                        .asText())
                .isEqualTo("minilm");
        assertThat(engine.get("/nowhere").body()).contains("unknown_path").contains("/v1/embeddings");
        HttpResponse<String> wrong = engine.get("/v1/embeddings");
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.headers().firstValue("allow")).contains("POST");
        embed("{'model':'minilm','input':'hello'}");
        assertThat(engine.get("/metrics").body())
                .contains("vllm:num_requests_running{model_name=\"minilm\"} 0.0")
                .contains("# TYPE vllm:prompt_tokens_total counter")
                .contains("vllm:e2e_request_latency_seconds_bucket{model_name=\"minilm\",le=\"+Inf\"}");
    }

    @Test
    void servesAModelFromAFolder() throws Exception {
        Path model = Files.createDirectory(folder.resolve("copied"));
        copy("/all-minilm-l6-v2-q.onnx", model.resolve("model.onnx"));
        copy("/all-minilm-l6-v2-q-tokenizer.json", model.resolve("tokenizer.json"));
        Files.writeString(model.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 64}");
        try (RunningEngine copied = RunningEngine.start(
                        folder, "onnx", "--model-path", model.toString(), "--model-name=m")
                .awaitReady()) {
            String body = copied.post("/v1/embeddings", "{\"model\":\"m\",\"input\":\"hello\"}")
                    .body();
            assertThat(JSON.readTree(body).at("/data"))
                    .isEqualTo(embed("{'model':'minilm','input':'hello'}").at("/data"));
            assertThat(copied.get("/v1/models").body()).contains("\"max_model_len\":64");
        }
    }

    @Test
    void drainsOnSigterm() throws Exception {
        try (RunningEngine other = RunningEngine.start(
                        folder, "onnx", "--model-uri=builtin://minilm", "--model-name=m", "--threads=1")
                .awaitReady()) {
            String text = "\"" + "word ".repeat(250) + "\"";
            String body = "{\"model\":\"m\",\"input\":[" + text + (", " + text).repeat(19) + "]}";
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), other.port())) {
                send(
                        socket,
                        "POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length() + "\r\n\r\n"
                                + body);
                org.awaitility.Awaitility.await()
                        .until(() ->
                                other.get("/metrics").body().contains("num_requests_running{model_name=\"m\"} 1.0"));
                other.process().destroy();
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer)
                        .startsWith("HTTP/1.1 200 ")
                        .contains("connection: close")
                        .endsWith("}}");
            }
            assertThat(other.awaitExit()).isEqualTo(143);
            assertThat(other.output()).contains("stopped");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            onnx --model-name m                                         | 64 | or --model-path
            onnx --model-name m --model-uri https://host/m.onnx         | 64 | other URIs are for the fetcher
            onnx --model-name m --model-uri hf://a/b/m.onnx --model-path FOLDER/absent | 66 | no model at
            onnx --model-name m --model-uri builtin://gpt               | 64 | known is builtin://minilm
            onnx --model-nam m                                          | 64 | maybe --model-name
            onnx --model-uri builtin://minilm                           | 64 | --model-name is required
            onnx --model-name m --model-path FOLDER/absent              | 66 | no model at
            onnx --model-name m --model-path FOLDER/empty               | 66 | 0 .onnx files
            onnx --model-name m --model-path FOLDER/lonely.onnx         | 66 | tokenizer.json beside
            onnx --model-name m --model-path FOLDER/cut                 | 65 | half downloaded
            onnx --model-name m --model-path FOLDER/text                | 65 | not a model that ONNX Runtime can load
            onnx --model-name m --model-path FOLDER/other               | 65 | tokenizer.json: model.type is "BPE"
            onnx --model-name m --model-uri builtin://minilm --threads x| 64 | whole number from 0 to 256
            onnx --model-name m --model-uri builtin://minilm --host n.invalid | 64 | names no address
            nonsense                                                    | 64 | no sub-command 'nonsense'
            """)
    void endsWithOneClearMessage(String line, int code, String words) throws Exception {
        damagedModels();
        List<String> arguments = new java.util.ArrayList<>(List.of(
                line.replace("FOLDER", folder.resolve("damaged").toString()).split(" ")));
        if (!line.startsWith("nonsense")) {
            arguments.add("--port=0");
        }
        try (RunningEngine engine = RunningEngine.launch(folder, 0, arguments)) {
            assertThat(engine.awaitExit()).as(engine.output()).isEqualTo(code);
            assertThat(engine.output()).contains(words).doesNotContain("\tat ");
        }
    }

    @Test
    void saysWhenThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                RunningEngine engine = RunningEngine.launch(
                        folder,
                        0,
                        List.of(
                                "onnx",
                                "--model-uri=builtin://minilm",
                                "--model-name=m",
                                "--port=" + taken.getLocalPort()))) {
            assertThat(engine.awaitExit()).isEqualTo(71);
            assertThat(engine.output()).contains("Cannot listen on 127.0.0.1:" + taken.getLocalPort());
        }
    }

    private static void damagedModels() throws Exception {
        Path damaged = folder.resolve("damaged");
        if (Files.exists(damaged)) {
            return;
        }
        Files.createDirectories(damaged.resolve("empty"));
        Files.writeString(damaged.resolve("lonely.onnx"), "x");
        for (String kind : new String[] {"cut", "text", "other"}) {
            Path model = Files.createDirectory(damaged.resolve(kind));
            copy("/all-minilm-l6-v2-q-tokenizer.json", model.resolve("tokenizer.json"));
            try (InputStream in = OnnxIT.class.getResourceAsStream("/all-minilm-l6-v2-q.onnx")) {
                Files.write(model.resolve("model.onnx"), in.readNBytes(1_000_000));
            }
        }
        Files.writeString(damaged.resolve("text/model.onnx"), "<html>404</html>");
        Files.writeString(damaged.resolve("other/tokenizer.json"), "{\"model\":{\"type\":\"BPE\"}}");
    }

    private static void copy(String resource, Path to) throws Exception {
        try (InputStream in = OnnxIT.class.getResourceAsStream(resource)) {
            Files.copy(in, to);
        }
    }

    private static JsonNode embed(String json) throws Exception {
        HttpResponse<String> answer = engine.post("/v1/embeddings", json.replace('\'', '"'));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static String raw(String request) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), engine.port())) {
            socket.setSoTimeout(10_000);
            send(socket, request);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void send(Socket socket, String request) throws Exception {
        OutputStream out = socket.getOutputStream();
        out.write(request.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
