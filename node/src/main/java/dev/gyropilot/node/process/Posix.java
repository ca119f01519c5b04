package dev.gyropilot.node.process;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.file.Path;

/** The few system calls that Java has no method for. Linux numbers; {@link #kill} also fits other Unixes. */
@SuppressWarnings("restricted")
public final class Posix {
    public static final int SIGTERM = 15;
    public static final int SIGKILL = 9;

    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_NOCTTY = 0x100;
    private static final int O_CLOEXEC = 0x80000;
    private static final int FALLOC_KEEP_SIZE_PUNCH_HOLE = 3;
    private static final long TIOCSWINSZ = 0x5414;
    private static final int TERMINAL_NAME_LIMIT_BYTES = 128;

    private static final Long FAILED_LONG = -1L;
    private static final Integer FAILED = -1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = LINKER.defaultLookup();

    private static final MethodHandle KILL = call("kill", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    private static final MethodHandle CLOSE = call("close", ValueLayout.JAVA_INT);
    private static final MethodHandle OPEN = variadic("open", 2, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    private static final MethodHandle FALLOCATE =
            call("fallocate", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    private static final MethodHandle OPEN_TERMINAL = call("posix_openpt", ValueLayout.JAVA_INT);
    private static final MethodHandle GRANT = call("grantpt", ValueLayout.JAVA_INT);
    private static final MethodHandle UNLOCK = call("unlockpt", ValueLayout.JAVA_INT);
    private static final MethodHandle TERMINAL_NAME =
            call("ptsname_r", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    private static final MethodHandle IOCTL =
            variadic("ioctl", 2, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
    private static final MethodHandle READ =
            transfer("read", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    private static final MethodHandle WRITE =
            transfer("write", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);

    private Posix() {}

    /** Sends a signal to a process, or with a negative {@code pid} to a whole process group; false when there is none. */
    public static boolean kill(long pid, int signal) {
        return number(KILL, (int) pid, signal) == 0;
    }

    /**
     * Gives the blocks of a file's first bytes back to the file system while its size stays, so that an appending writer
     * is not disturbed; false where the file system cannot.
     */
    static boolean punchHole(Path file, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = number(OPEN, arena.allocateFrom(file.toString()), O_WRONLY | O_CLOEXEC);
            if (descriptor < 0) {
                return false;
            }
            boolean done = number(FALLOCATE, descriptor, FALLOC_KEEP_SIZE_PUNCH_HOLE, 0L, bytes) == 0;
            number(CLOSE, descriptor);
            return done;
        }
    }

    /** Opens a new pseudo-terminal; its {@code slave} is for the program. */
    static Terminal openTerminal() throws IOException {
        int master = number(OPEN_TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (master < 0) {
            throw new IOException("this system gave no pseudo-terminal; run the command without a terminal (no -t)");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(TERMINAL_NAME_LIMIT_BYTES);
            if (number(GRANT, master) != 0
                    || number(UNLOCK, master) != 0
                    || number(TERMINAL_NAME, master, name, (long) TERMINAL_NAME_LIMIT_BYTES) != 0) {
                number(CLOSE, master);
                throw new IOException("this system's pseudo-terminal cannot be used; run the command without -t");
            }
            return new Terminal(master, Path.of(name.getString(0)));
        }
    }

    static void resize(int descriptor, int columns, int rows) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(8, 2);
            size.set(ValueLayout.JAVA_SHORT, 0, (short) rows);
            size.set(ValueLayout.JAVA_SHORT, 2, (short) columns);
            number(IOCTL, descriptor, TIOCSWINSZ, size);
        }
    }

    static void close(int descriptor) {
        number(CLOSE, descriptor);
    }

    static long read(int descriptor, MemorySegment buffer, long bytes) {
        return size(READ, descriptor, buffer, bytes);
    }

    static long write(int descriptor, MemorySegment buffer, long bytes) {
        return size(WRITE, descriptor, buffer, bytes);
    }

    private static int number(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError("native call failed", e);
        }
    }

    private static long size(MethodHandle function, Object... arguments) {
        try {
            return (long) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError("native call failed", e);
        }
    }

    private static MethodHandle call(String name, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    private static MethodHandle variadic(String name, int firstVariadic, MemoryLayout... arguments) {
        return link(
                name,
                FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments),
                Linker.Option.firstVariadicArg(firstVariadic));
    }

    private static MethodHandle transfer(String name, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(ValueLayout.JAVA_LONG, arguments));
    }

    /** A function that this system lacks becomes one that fails like a refused call, so that the class still loads. */
    private static MethodHandle link(String name, FunctionDescriptor shape, Linker.Option... options) {
        return LIBRARY.find(name)
                .map(address -> LINKER.downcallHandle(address, shape, options))
                .orElseGet(() -> refused(shape));
    }

    private static MethodHandle refused(FunctionDescriptor shape) {
        var type = shape.toMethodType();
        Object failure = type.returnType() == long.class ? (Object) FAILED_LONG : (Object) FAILED;
        var constant = MethodHandles.constant(type.returnType(), failure);
        return MethodHandles.dropArguments(constant, 0, type.parameterList());
    }

    /** A pseudo-terminal: our end as a descriptor, the program's end as a device file. */
    record Terminal(int master, Path slave) {}
}
