package dev.gyropilot.apiserver.http;

import java.io.IOException;

/** An answer that is sent piece by piece; each piece is flushed at once. Writing blocks while the client does not read. */
public interface ResponseStream extends AutoCloseable {
    void write(byte[] bytes) throws IOException;

    /** Ends the answer. */
    @Override
    void close() throws IOException;
}
