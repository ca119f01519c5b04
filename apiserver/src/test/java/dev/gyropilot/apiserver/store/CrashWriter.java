package dev.gyropilot.apiserver.store;

import java.io.PrintStream;
import java.nio.file.Path;

/** Writes as fast as it can until it is killed, and says what was acknowledged: one line {@code NAME REVISION} each. */
final class CrashWriter {
    private static final int CLIENTS = 8;

    private CrashWriter() {}

    public static void main(String[] args) {
        Store store = Store.open(Path.of(args[0]), StoreLimits.DEFAULT);
        PrintStream out = System.out;
        for (int client = 0; client < CLIENTS; client++) {
            String prefix = args[1] + "-" + client + "-";
            Thread.ofPlatform().start(() -> write(store, prefix, out));
        }
    }

    private static void write(Store store, String prefix, PrintStream out) {
        for (int i = 0; ; i++) {
            Stored stored = store.create(new ObjectKey("pods", "ns", prefix + i), StoreTest.object(prefix + i));
            // One call, so that lines of different clients do not mix.
            out.print(prefix + i + " " + stored.revision() + "\n");
            if (i % 3 == 0) {
                store.delete(stored);
                out.print("-" + prefix + i + " 0\n");
            }
        }
    }
}
