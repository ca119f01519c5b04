package dev.gyropilot.node.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Collectors;

/** A command on a pseudo-terminal of its own. */
public final class TerminalProcess implements AutoCloseable {
    private static final int BLOCK_BYTES = 8 * 1024;
    private static final int DEFAULT_COLUMNS = 80;
    private static final int DEFAULT_ROWS = 24;
    /** The shell leads a new session, so the first terminal that it opens becomes the session's own. */
    private static final String ON_TERMINAL =
            "t=$1; g=$2; shift 2; IFS='\n'; for f in $g; do echo 0 >\"$f\" || exit 126; done; unset IFS;"
                    + " exec <\"$t\" >\"$t\" 2>&1; exec \"$@\"";

    private final int master;
    private final Process process;
    private volatile boolean closed;

    private TerminalProcess(int master, Process process) {
        this.master = master;
        this.process = process;
    }

    /** @throws IOException when this system has no pseudo-terminals; the message says what to do */
    public static TerminalProcess start(Launch launch) throws IOException {
        if (Programs.newSession().isEmpty()) {
            throw new IOException("this system has no setsid(1), which a terminal needs; run the command without -t");
        }
        Posix.Terminal terminal = Posix.openTerminal();
        Posix.resize(terminal.master(), DEFAULT_COLUMNS, DEFAULT_ROWS);
        List<String> words = new ArrayList<>(Programs.newSession());
        words.addAll(
                List.of("/bin/sh", "-c", ON_TERMINAL, "sh", terminal.slave().toString()));
        words.add(launch.joinGroups().stream().map(Object::toString).collect(Collectors.joining("\n")));
        words.addAll(launch.commandInSession());
        var environment = new HashMap<>(launch.shellEnvironment());
        environment.putIfAbsent("TERM", "xterm");
        var builder = new ProcessBuilder(words)
                .directory(launch.workingDirectory().toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            return new TerminalProcess(terminal.master(), builder.start());
        } catch (IOException e) {
            Posix.close(terminal.master());
            throw e;
        }
    }

    public Process process() {
        return process;
    }

    public synchronized void resize(int columns, int rows) {
        if (!closed) {
            Posix.resize(master, columns, rows);
        }
    }

    /** What the command shows; closing it closes the terminal. Reading blocks its thread, so give it a platform thread. */
    public InputStream output() {
        return new InputStream() {
            @Override
            public void close() {
                TerminalProcess.this.close();
            }

            @Override
            public int read() {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment buffer = arena.allocate(BLOCK_BYTES);
                    long read = Posix.read(master, buffer, Math.min(length, BLOCK_BYTES));
                    // A terminal whose last program has gone answers with an error: that is its end.
                    if (read <= 0) {
                        return -1;
                    }
                    MemorySegment.copy(buffer, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes, offset, (int) read);
                    return (int) read;
                }
            }
        };
    }

    /** What the user types. */
    public OutputStream input() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                try (Arena arena = Arena.ofConfined()) {
                    byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
                    MemorySegment buffer = arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_BYTE, copy);
                    for (long written = 0; written < length; ) {
                        if (closed) {
                            throw new IOException("the terminal is closed");
                        }
                        long more = Posix.write(master, buffer.asSlice(written), length - written);
                        if (more <= 0) {
                            throw new IOException("the terminal is closed");
                        }
                        written += more;
                    }
                }
            }
        };
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Posix.close(master);
        }
    }
}
