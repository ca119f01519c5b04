package dev.gyropilot.apiserver.http;

import java.io.IOException;

/** The client closed the connection, or did not read for too long. */
public final class ClientGoneException extends IOException {
    public ClientGoneException(String message) {
        super(message);
    }
}
