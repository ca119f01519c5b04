package dev.gyropilot.engines.llama;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gyropilot.engines.RunningEngine;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The llama engine as a process: the built-in llama.cpp with a model of random weights, and a program on the PATH. */
class LlamaIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static Path model;
    private static RunningEngine engine;

    @BeforeAll
    static void start() throws Exception {
        model = folder.resolve("sample.gguf");
        SampleGguf.write(model, 1);
        engine = RunningEngine.start(
                        folder,
                        "llama",
                        "--backend=built-in",
                        "--model-path",
                        model.toString(),
                        "--model-name=chat",
                        "--max-waiting=2")
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    @Test
    void answersAChatWhole() throws Exception {
        JsonNode answer = ask("/v1/chat/completions", chat("'max_tokens':12,'ignore_eos':true"));
        assertThat(answer.at("/choices/0/message/content").asText()).isNotEmpty();
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(12);
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isGreaterThan(10);
        assertThat(answer.at("/object").asText()).isEqualTo("chat.completion");
    }

    @Test
    void sameSeedSameTextAndTheTemplateMatters() throws Exception {
        String once = content(ask("/v1/chat/completions", chat("'max_tokens':16,'seed':5")));
        assertThat(content(ask("/v1/chat/completions", chat("'max_tokens':16,'seed':5"))))
                .isEqualTo(once);
        assertThat(content(ask("/v1/chat/completions", chat("'max_tokens':16,'seed':6"))))
                .isNotEqualTo(once);
        JsonNode plain = ask("/v1/completions", "{'model':'chat','prompt':'ba ca da','max_tokens':4}");
        assertThat(plain.at("/usage/prompt_tokens").asInt()).isEqualTo(3);
    }

    @Test
    void streamsPieceByPiece() throws Exception {
        HttpResponse<String> answer = engine.post(
                "/v1/chat/completions",
                chat("'max_tokens':20,'seed':3,'ignore_eos':true,'stream':true,'stream_options':{'include_usage':true}")
                        .replace('\'', '"'));
        assertThat(answer.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
        String[] events = answer.body().split("\n\n");
        assertThat(events.length).isGreaterThan(10);
        assertThat(events[events.length - 1]).isEqualTo("data: [DONE]");
        JsonNode usage = JSON.readTree(events[events.length - 2].substring(6)).get("usage");
        assertThat(usage.get("completion_tokens").asInt()).isEqualTo(20);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < events.length - 1; i++) {
            text.append(JSON.readTree(events[i].substring(6))
                    .at("/choices/0/delta/content")
                    .asText(""));
        }
        assertThat(text.toString())
                .isEqualTo(content(ask("/v1/chat/completions", chat("'max_tokens':20,'seed':3,'ignore_eos':true"))));
    }

    @Test
    void endsAtAStopText() throws Exception {
        String text = content(ask("/v1/chat/completions", chat("'max_tokens':30,'seed':3,'ignore_eos':true")));
        String stop = text.substring(text.length() / 2, text.length() / 2 + 3);
        JsonNode stopped = ask(
                "/v1/chat/completions",
                "{'model':'chat','messages':[{'role':'user','content':'hello there'}],'max_tokens':30,'seed':3,"
                        + "'ignore_eos':true,'stop':"
                        + JSON.writeValueAsString(List.of(stop)).replace('"', '\'') + "}");
        assertThat(content(stopped)).isEqualTo(text.substring(0, text.indexOf(stop)));
        assertThat(stopped.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    }

    @Test
    void refusesWhatDoesNotFitAndBadFields() throws Exception {
        HttpResponse<String> tooLong =
                engine.post("/v1/chat/completions", chat("'max_tokens':5000").replace('\'', '"'));
        assertThat(tooLong.statusCode()).isEqualTo(400);
        assertThat(tooLong.body()).contains("context_length_exceeded").contains("the context is 2048 tokens");
        assertThat(engine.post("/v1/chat/completions", "{\"model\":\"chat\"}").body())
                .contains("\"param\":\"messages\"");
        assertThat(engine.post("/v1/chat/completions", "{\"model\":\"x\"}").statusCode())
                .isEqualTo(404);
    }

    @Test
    void queuesRefusesAndForgetsClientsThatGo() throws Exception {
        String body = chat("'max_tokens':1900,'ignore_eos':true,'stream':true").replace('\'', '"');
        byte[] request = ("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: " + body.length()
                        + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
        Socket[] sockets = new Socket[4];
        for (int i = 0; i < 4; i++) {
            sockets[i] = new Socket(InetAddress.getLoopbackAddress(), engine.port());
            sockets[i].getOutputStream().write(request);
            String running = "num_requests_running{model_name=\"chat\"} 1.0";
            String waiting = "num_requests_waiting{model_name=\"chat\"} " + Math.min(i, 2) + ".0";
            if (i < 3) {
                Awaitility.await().until(() -> {
                    String metrics = engine.get("/metrics").body();
                    return metrics.contains(running) && metrics.contains(waiting);
                });
            }
        }
        String refused = new String(sockets[3].getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
        assertThat(refused).isEqualTo("HTTP/1.1 503");
        for (Socket socket : sockets) {
            socket.close();
        }
        Awaitility.await()
                .until(() -> engine.get("/metrics").body().contains("num_requests_running{model_name=\"chat\"} 0.0"));
        assertThat(content(ask("/v1/chat/completions", chat("'max_tokens':2")))).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            absent.gguf   | 66 | There is no model file
            html.gguf     | 65 | is not a GGUF file
            short.gguf    | 65 | ends within its head
            cut.gguf      | 65 | tensors reach to byte
            version.gguf  | 65 | of GGUF version 9
            counts.gguf   | 65 | claims 18446744073709551615 tensors
            unknown.gguf  | 65 | architecture 'lemma', which the built-in llama.cpp
            encoder.gguf  | 65 | is an encoder
            inside.gguf   | 65 | llama.cpp cannot load
            """)
    void endsWithOneClearMessageForABadFile(String name, int code, String words) throws Exception {
        damage();
        Path file = folder.resolve(name);
        try (RunningEngine bad =
                RunningEngine.start(folder, "llama", "--backend=built-in", "--model-path=" + file, "--model-name=m")) {
            assertThat(bad.awaitExit()).as(bad.output()).isEqualTo(code);
            assertThat(bad.output()).contains(words).contains(file.toString()).doesNotContain("\tat ");
        }
    }

    @Test
    void usesTheProgramOnThePathAndPassesItsEnd() throws Exception {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path program = Files.writeString(
                bin.resolve("llama-server"),
                "#!/bin/sh\necho \"program: $@\"\ntrap 'exit 7' TERM\nwhile :; do sleep 0.05; done\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        assertThat(LlamaProgram.find("/nowhere:" + bin)).contains(program);
        assertThat(LlamaProgram.find("/nowhere")).isEmpty();
        int code = LlamaProgram.run(List.of("/bin/sh", "-c", "exit 9"), 1);
        assertThat(code).isEqualTo(9);
        try (RunningEngine wrapped = RunningEngine.startWithPath(
                folder, bin, "llama", "--model-path=" + model, "--model-name=m", "--threads=1")) {
            Awaitility.await()
                    .until(() -> wrapped.output()
                            .contains("program: --model " + model + " --alias m --host 127.0.0.1 --port "
                                    + wrapped.port() + " --ctx-size 2048 --threads 1 --metrics"));
            ProcessHandle child = wrapped.process().children().findFirst().orElseThrow();
            wrapped.process().destroy();
            assertThat(wrapped.awaitExit()).isEqualTo(143);
            assertThat(child.isAlive()).isFalse();
        }
    }

    private static void damage() throws Exception {
        if (Files.exists(folder.resolve("html.gguf"))) {
            return;
        }
        byte[] good = Files.readAllBytes(model);
        Files.writeString(folder.resolve("html.gguf"), "<html>404</html>");
        Files.write(folder.resolve("short.gguf"), java.util.Arrays.copyOf(good, 1000));
        Files.write(folder.resolve("cut.gguf"), java.util.Arrays.copyOf(good, good.length - 1));
        write("version.gguf", good, 4, 9);
        byte[] counts = good.clone();
        java.util.Arrays.fill(counts, 8, 16, (byte) -1);
        Files.write(folder.resolve("counts.gguf"), counts);
        replace("unknown.gguf", good, "llama", "lemma");
        // Only the first, which is the architecture: one letter shorter, and room at the end for the padding.
        byte[] encoder = new byte[good.length - 1];
        int at = new String(good, StandardCharsets.ISO_8859_1).indexOf("llama");
        System.arraycopy(good, 0, encoder, 0, at);
        encoder[at - 8] = 4;
        System.arraycopy("bert".getBytes(StandardCharsets.US_ASCII), 0, encoder, at, 4);
        System.arraycopy(good, at + 5, encoder, at + 4, good.length - at - 5);
        Files.write(folder.resolve("encoder.gguf"), java.util.Arrays.copyOf(encoder, good.length + 31));
        replace("inside.gguf", good, "blk.1.ffn_up", "blk.1.ffn_xx");
    }

    private static void write(String name, byte[] good, int at, int value) throws Exception {
        byte[] bytes = good.clone();
        bytes[at] = (byte) value;
        Files.write(folder.resolve(name), bytes);
    }

    private static void replace(String name, byte[] good, String from, String to) throws Exception {
        String text = new String(good, StandardCharsets.ISO_8859_1);
        Files.write(folder.resolve(name), text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String chat(String fields) {
        return "{'model':'chat','messages':[{'role':'user','content':'hello there'}]," + fields + "}";
    }

    private static JsonNode ask(String path, String json) throws Exception {
        HttpResponse<String> answer = engine.post(path, json.replace('\'', '"'));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static String content(JsonNode answer) {
        return answer.at("/choices/0/message/content").asText();
    }
}
