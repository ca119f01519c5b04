package dev.gyropilot.apiserver;

import dev.gyropilot.apiserver.store.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The API server alone: {@code --data-dir DIR [--port PORT]}; writes {@code DIR/kubeconfig} and runs until it is stopped. */
public final class ApiServerMain {
    private static final String USAGE = "usage: --data-dir DIR [--port PORT]";

    private ApiServerMain() {}

    public static void main(String[] args) throws InterruptedException {
        Path directory = null;
        int port = 0;
        for (int i = 0; i + 1 < args.length; i += 2) {
            switch (args[i]) {
                case "--data-dir" -> directory = Path.of(args[i + 1]);
                case "--port" -> port = Integer.parseInt(args[i + 1]);
                default -> fail("unknown option " + args[i] + "\n" + USAGE);
            }
        }
        if (directory == null || args.length % 2 != 0) {
            fail(USAGE);
            return;
        }
        try {
            ApiServer server = ApiServer.start(ApiServerConfig.of(directory, port));
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
            Path kubeconfig = directory.resolve("kubeconfig");
            server.writeKubeconfig(kubeconfig, ApiServer.ADMIN);
            System.err.println("listening on " + server.url() + ", use KUBECONFIG=" + kubeconfig);
            Thread.currentThread().join();
        } catch (IOException | StoreException e) {
            fail(e.getMessage());
        }
    }

    private static void fail(@Nullable String message) {
        System.err.println(message);
        System.exit(1);
    }
}
