package dev.gyropilot.engines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. Exactly one of {@link #answer}, {@link #fail} and {@link #stream} is called, once, from
 * any thread; what comes after the client has gone is dropped.
 */
public interface Exchange {
    /** The method, in capitals. */
    String method();

    /** The path without its query. */
    String path();

    /** A request header's first value. */
    @Nullable
    String header(String name);

    /** The whole body. */
    byte[] body();

    /** The loop on which this connection lives; callbacks run on it. */
    EventLoop loop();

    /** Whether the client has gone: the answer is of no use any more. */
    boolean isGone();

    /** Runs when the client goes before the answer is complete; at once when it has gone already. */
    void onGone(Runnable action);

    /** Adds a header to the answer. */
    void setHeader(String name, String value);

    /** Answers with a whole body. */
    void answer(int status, String contentType, byte[] body);

    /** Answers 200 with JSON. */
    default void answer(JsonNode json) {
        answer(200, "application/json", Json.bytes(json));
    }

    /** Answers with an error in OpenAI's shape. */
    void fail(ApiException error);

    /** Begins an answer of server-sent events. */
    EventStream stream();

    /** An answer in parts. Methods are for the connection's loop only, but for {@link #sendAndWait}. */
    interface EventStream {
        /** Writes events, each ended by a blank line, and passes the buffer's ownership on. */
        void send(ByteBuf events);

        /** Whether more may be sent now; a slow client makes this false. */
        boolean isWritable();

        /** Runs each time the stream becomes writable again. */
        void onWritable(Runnable action);

        /** Ends the answer properly. */
        void end();

        /** Cuts the connection, so that the client cannot take the part for the whole. */
        void cut();

        /**
         * For producers on threads of their own: writes an event and waits until the client takes more.
         *
         * @return false when the client has gone
         */
        boolean sendAndWait(byte[] event) throws InterruptedException;
    }
}
