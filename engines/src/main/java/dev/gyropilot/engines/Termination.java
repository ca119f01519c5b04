package dev.gyropilot.engines;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Waits for SIGTERM or SIGINT as an event rather than as the beginning of the JVM's own end.
 *
 * <p>Not a shutdown hook: hooks run all at once, and ONNX Runtime's binding has one that frees the library while
 * requests are still being answered, which faults. So everything ends first and the JVM is told to end afterwards.
 */
final class Termination {
    private final LinkedBlockingQueue<Integer> signals = new LinkedBlockingQueue<>();

    /** Takes over both signals. */
    Termination() {
        handle("TERM");
        handle("INT");
    }

    /** Waits for the first; its number. A second one ends the process at once. */
    int await() throws InterruptedException {
        int first = signals.take();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                Runtime.getRuntime().halt(128 + signals.take());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return first;
    }

    /** By reflection, because the compiler warns of these classes in a way that cannot be silenced. */
    private void handle(String name) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler call = (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    signals.add((Integer) signal.getMethod("getNumber").invoke(arguments[0]));
                    return null;
                }
                return method.invoke(this, arguments);
            };
            Object proxy = Proxy.newProxyInstance(Termination.class.getClassLoader(), new Class<?>[] {handler}, call);
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM has no signals: " + e, e);
        }
    }
}
