package dev.gyropilot.apiserver.http;

/** Answers requests, each on a virtual thread of its own; may block. */
@FunctionalInterface
public interface Handler {
    /** Must answer by one of the methods of the exchange; what it throws closes the connection. */
    void handle(Exchange exchange) throws Exception;

    /** A request that cannot even be read; answered in the form of the protocol above. */
    default byte[] refusal(int status, String message) {
        return message.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
