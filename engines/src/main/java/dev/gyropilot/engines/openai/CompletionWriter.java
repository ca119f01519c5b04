package dev.gyropilot.engines.openai;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Writes the answer to one completion, as events or whole. What repeats from event to event is encoded once: an event
 * costs a copy, not a serialisation.
 */
public final class CompletionWriter {
    private static final byte[] NOT_FINISHED = ascii("},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    private static final byte[] CHAT_TEXT = ascii("\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
    private static final byte[] CHAT_TEXT_END = ascii("\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    private static final byte[] PLAIN_TEXT = ascii("\"choices\":[{\"index\":0,\"text\":\"");
    private static final byte[] PLAIN_TEXT_END = ascii("\",\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    private static final byte[] CHAT_ROLE =
            ascii("\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"");
    private static final byte[] DONE = ascii("data: [DONE]\n\n");

    private final boolean chat;
    private final byte[] eventPrefix;
    private final String wholePrefix;

    /** A writer for one request. */
    public CompletionWriter(boolean chat, String id, long createdSeconds, String model, String fingerprint) {
        this.chat = chat;
        String common = "\",\"created\":" + createdSeconds + ",\"model\":\"" + quote(model)
                + "\",\"system_fingerprint\":\"" + quote(fingerprint) + "\",";
        String head = "{\"id\":\"" + (chat ? "chatcmpl-" : "cmpl-") + id + "\",\"object\":\"";
        eventPrefix = ("data: " + head + (chat ? "chat.completion.chunk" : "text_completion") + common)
                .getBytes(StandardCharsets.UTF_8);
        wholePrefix = head + (chat ? "chat.completion" : "text_completion") + common;
    }

    /** Text as it stands between the quotes of a JSON string. */
    public static byte[] escape(String text) {
        return JsonStringEncoder.getInstance().quoteAsUTF8(text);
    }

    /** Begins a stream: a chat tells the role first. */
    public void begin(ByteBuf out) {
        if (chat) {
            out.writeBytes(eventPrefix).writeBytes(CHAT_ROLE).writeBytes(NOT_FINISHED);
        }
    }

    /** An event with a piece of text, already {@link #escape escaped}. */
    public void text(ByteBuf out, byte[] escaped) {
        out.writeBytes(eventPrefix)
                .writeBytes(chat ? CHAT_TEXT : PLAIN_TEXT)
                .writeBytes(escaped)
                .writeBytes(chat ? CHAT_TEXT_END : PLAIN_TEXT_END);
    }

    /** Ends a stream: why it ended, the usage if wanted, and the end mark. */
    public void end(ByteBuf out, String finishReason, Usage usage, boolean includeUsage) {
        out.writeBytes(eventPrefix)
                .writeBytes(ascii(
                        (chat ? "\"choices\":[{\"index\":0,\"delta\":{}," : "\"choices\":[{\"index\":0,\"text\":\"\",")
                                + "\"logprobs\":null,\"finish_reason\":\"" + finishReason + "\"}]}\n\n"));
        if (includeUsage) {
            out.writeBytes(eventPrefix).writeBytes(ascii("\"choices\":[],\"usage\":" + usage.json() + "}\n\n"));
        }
        out.writeBytes(DONE);
    }

    /** A whole answer. */
    public byte[] whole(String text, String finishReason, Usage usage) {
        String choice = chat
                ? "\"message\":{\"role\":\"assistant\",\"content\":\"" + quote(text) + "\",\"refusal\":null}"
                : "\"text\":\"" + quote(text) + "\"";
        return (wholePrefix + "\"choices\":[{\"index\":0," + choice + ",\"logprobs\":null,\"finish_reason\":\""
                        + finishReason + "\"}],\"usage\":" + usage.json() + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String quote(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
