package dev.gyropilot.node.server;

import java.io.InputStream;
import java.io.OutputStream;

/** The far end of an exec or attach, whatever the protocol. */
interface RemoteSession {
    InputStream stdin();

    OutputStream stdout();

    OutputStream stderr();

    /** Tells how it ended, as a {@code v1.Status}, and closes. */
    void finish(String status);

    /** Called with columns and rows when the far terminal changes. */
    void onResize(Resize listener);

    /** Called once when the connection has gone. */
    void onClosed(Runnable action);

    /** Takes a new terminal size. */
    interface Resize {
        void to(int columns, int rows);
    }
}
