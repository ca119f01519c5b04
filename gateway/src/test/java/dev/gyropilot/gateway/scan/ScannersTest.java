package dev.gyropilot.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The scanners against Jackson, and against themselves with the bytes cut anywhere. */
class ScannersTest {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final List<String> SEEDS = List.of(
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9 \\\"x\\\" 😀\"}],\"stream\":true}",
            "{\"stream_options\":{\"a\":[1,{}],\"include_usage\":false},\"n\":-1.5e+3,\"model\":\"a\\ud83d\\ude00b\"}",
            " { \"model\" : \"x\" , \"input\" : [ [1,2,3] , null , true , 0.1 ] , \"stream_options\" : { } } ",
            "{\"metadata\":{\"model\":\"inner\",\"stream\":true},\"model\":\"outer\",\"input\":\"\"}");

    @Test
    void acceptsExactlyWhatIsJsonHoweverItIsCut() throws Exception {
        Random random = new Random(42);
        int sound = 0;
        for (int round = 0; round < 40_000; round++) {
            byte[] body = mutate(SEEDS.get(random.nextInt(SEEDS.size())), random);
            RequestScanner scanner = new RequestScanner();
            boolean fed = feed(scanner, body, random);
            BodyFault fault = scanner.finish();
            assertThat(fed || fault != null).isTrue();
            String text = new String(body, StandardCharsets.UTF_8);
            boolean expected = isObject(text);
            if (fault != null && fault.message().contains("twice")) {
                continue;
            }
            assertThat(fault == null).as("%s: %s", text, fault).isEqualTo(expected);
            if (expected) {
                sound++;
                JsonNode model = JSON.readTree(text).path("model");
                if (model.isTextual() && text.indexOf('\ufffd') < 0 && !text.contains("\\ud")) {
                    assertThat(scanner.model()).as(text).isEqualTo(model.asText());
                }
            }
        }
        assertThat(sound).isGreaterThan(5_000);
    }

    @Test
    void splicesItsChanges() throws Exception {
        for (String seed : SEEDS) {
            RequestScanner scanner = new RequestScanner();
            byte[] body = seed.getBytes(StandardCharsets.UTF_8);
            scanner.feed(Unpooled.wrappedBuffer(body));
            assertThat(scanner.finish()).isNull();
            JsonNode before = JSON.readTree(seed);
            JsonNode renamed = JSON.readTree(apply(body, scanner.replaceModel("new \"name\"")));
            assertThat(renamed.path("model").asText()).isEqualTo("new \"name\"");
            JsonNode metered = JSON.readTree(apply(body, scanner.requestUsage()));
            assertThat(metered.at("/stream_options/include_usage").asBoolean()).isTrue();
            assertThat(metered.path("model")).isEqualTo(before.path("model"));
        }
    }

    @Test
    void boundsDepthAndModelName() {
        RequestScanner deep = new RequestScanner();
        deep.feed(ascii("{\"a\":" + "[".repeat(600)));
        assertThat(deep.finish()).extracting(BodyFault::message).asString().contains("deeper than 512");
        RequestScanner longName = new RequestScanner();
        longName.feed(ascii("{\"model\":\"" + "m".repeat(600) + "\"}"));
        assertThat(longName.finish()).extracting(BodyFault::field).isEqualTo("model");
    }

    @Test
    void findsUsageHoweverItIsCut() {
        String body =
                "{\"choices\":[{\"message\":{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":999}\"}}],\"usage\" : "
                        + "{\"prompt_tokens\":12,\"completion_tokens\":34,\"total_tokens\":46,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":5},\"cost\":0.25},\"x\":\"usage\"}";
        for (int cut = 0; cut < body.length(); cut++) {
            UsageFinder finder = new UsageFinder();
            finder.feed(ascii(body.substring(0, cut)));
            finder.feed(ascii(body.substring(cut)));
            assertThat(List.of(finder.inputTokens(), finder.outputTokens(), finder.cachedTokens()))
                    .as("cut at %d", cut)
                    .containsExactly(12L, 34L, 5L);
            assertThat(finder.found()).isEqualTo(1);
        }
    }

    @Test
    void passesTheSameEventsHoweverTheyAreCut() {
        String usage = "data: {\"choices\": [ ],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\r\n\r\n";
        String kept = String.join(
                "\n\n",
                ": comment",
                "event: x\ndata: {\"choices\":[{\"delta\":{}}],\"usage\":null}",
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\\n\\nb\"}}]}\r\n\r\n");
        String stream = kept + usage + "data: [DONE]\n\n";
        Random random = new Random(7);
        for (int round = 0; round < 3_000; round++) {
            UsageFinder finder = new UsageFinder();
            EventFramer framer = new EventFramer(ByteBufAllocator.DEFAULT, true, finder);
            StringBuilder passed = new StringBuilder();
            int at = 0;
            while (at < stream.length()) {
                int next = Math.min(stream.length(), at + 1 + random.nextInt(round % 2 == 0 ? 3 : 120));
                ByteBuf out = framer.feed(ByteBufAllocator.DEFAULT
                        .buffer()
                        .writeBytes(stream.substring(at, next).getBytes(StandardCharsets.UTF_8)));
                String piece = out.toString(StandardCharsets.UTF_8);
                out.release();
                assertThat(piece.isEmpty() || piece.endsWith("\n"))
                        .as("whole events only")
                        .isTrue();
                passed.append(piece);
                at = next;
            }
            assertThat(passed.toString()).isEqualTo(kept + "data: [DONE]\n\n");
            assertThat(framer.done()).isTrue();
            assertThat(framer.takePartial()).isNull();
            assertThat(finder.outputTokens()).isEqualTo(4);
        }
    }

    @Test
    void passesAnEventThatIsTooLongToKeep() {
        EventFramer framer = new EventFramer(ByteBufAllocator.DEFAULT, true, new UsageFinder());
        String event = "data: " + "x".repeat(200_000) + "\n\n";
        StringBuilder passed = new StringBuilder();
        for (int at = 0; at < event.length(); at += 10_000) {
            ByteBuf out = framer.feed(ByteBufAllocator.DEFAULT
                    .buffer()
                    .writeBytes(event.substring(at, Math.min(event.length(), at + 10_000))
                            .getBytes(StandardCharsets.UTF_8)));
            passed.append(out.toString(StandardCharsets.UTF_8));
            out.release();
        }
        assertThat(passed.toString()).isEqualTo(event);
        assertThat(framer.atEventBoundary()).isTrue();
        assertThat(framer.takePartial()).isNull();
    }

    private static boolean feed(RequestScanner scanner, byte[] body, Random random) {
        int at = 0;
        boolean sound = true;
        while (at < body.length && sound) {
            int length = Math.min(body.length - at, 1 + random.nextInt(40));
            sound = scanner.feed(Unpooled.wrappedBuffer(body, at, length));
            at += length;
        }
        return sound;
    }

    private static byte[] mutate(String seed, Random random) {
        byte[] body = seed.getBytes(StandardCharsets.UTF_8);
        String alphabet = "{}[]\",:\\ 0123456789.eE+-truefalsn\n";
        for (int change = random.nextInt(3); change > 0; change--) {
            body[random.nextInt(body.length)] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
        }
        return body;
    }

    private static boolean isObject(String text) {
        try {
            return JSON.readTree(text).isObject();
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static String apply(byte[] body, Edit edit) {
        ByteBuf replacement = edit.replacement(ByteBufAllocator.DEFAULT);
        String text = new String(body, 0, (int) edit.start(), StandardCharsets.UTF_8)
                + replacement.toString(StandardCharsets.UTF_8)
                + new String(body, (int) edit.end(), body.length - (int) edit.end(), StandardCharsets.UTF_8);
        replacement.release();
        assertThat(text.getBytes(StandardCharsets.UTF_8).length - body.length).isEqualTo((int) edit.growth());
        return text;
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
    }
}
